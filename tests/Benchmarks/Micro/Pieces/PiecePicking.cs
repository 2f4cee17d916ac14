using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Pieces;

/// <summary>The next piece for a peer, out of 100,000 and among 50 peers; it is put back, which is measured too.</summary>
public class PiecePicking
{
    private readonly PiecePicker _picker = PickerSwarm.Make();
    private readonly PiecePicker _first = new(PickerSwarm.Pieces, new Random(1));
    private readonly Bitfield _most = SampleFields.Random(PickerSwarm.Pieces, 0.9, seed: 51);
    private readonly Bitfield _few = SampleFields.Random(PickerSwarm.Pieces, 0.01, seed: 52);
    private readonly Bitfield _hardlyAny = SampleFields.Random(PickerSwarm.Pieces, 0.0001, seed: 53);

    [Benchmark(Baseline = true)]
    public int PickForSeed() => PickAndReturn(_picker, null);

    [Benchmark]
    public int PickForPeerWithMost() => PickAndReturn(_picker, _most);

    [Benchmark]
    public int PickForPeerWithOnePercent() => PickAndReturn(_picker, _few);

    [Benchmark]
    public int PickForPeerWithTen() => PickAndReturn(_picker, _hardlyAny);

    [Benchmark]
    public int PickFirstAtRandom() => PickAndReturn(_first, _most);

    private static int PickAndReturn(PiecePicker picker, Bitfield? has)
    {
        int piece = picker.Pick(has);
        picker.Return(piece);
        return piece;
    }
}
