using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Pieces;

/// <summary>What becomes of the order of 100,000 pieces among 50 peers when one piece, or one peer, changes.</summary>
public class PickerUpdating
{
    private readonly PiecePicker _picker = PickerSwarm.Make();
    private readonly Bitfield _half = SampleFields.Random(PickerSwarm.Pieces, 0.5, seed: 51);
    private readonly Bitfield _few = SampleFields.Random(PickerSwarm.Pieces, 0.01, seed: 52);
    private int _next;

    [Benchmark(Baseline = true)]
    public void AddAndRemoveHave()
    {
        int piece = _next = (_next + 7919) % PickerSwarm.Pieces;
        _picker.Have(piece);
        _picker.LostHave(piece);
    }

    [Benchmark]
    public void AddAndRemoveSeed()
    {
        _picker.AddSeed();
        _picker.RemoveSeed();
    }

    [Benchmark]
    public void AddAndRemovePeerWithHalf()
    {
        _picker.AddPeer(_half);
        _picker.RemovePeer(_half);
    }

    [Benchmark]
    public void AddAndRemovePeerWithOnePercent()
    {
        _picker.AddPeer(_few);
        _picker.RemovePeer(_few);
    }

    [Benchmark]
    public int AddAndRemovePeerWithHalfAndPick()
    {
        _picker.AddPeer(_half);
        int first = PickAndReturn();
        _picker.RemovePeer(_half);
        return first + PickAndReturn();
    }

    [Benchmark]
    public bool HasWantedPiece() => _picker.HasWantedFor(_few);

    private int PickAndReturn()
    {
        int piece = _picker.Pick(null);
        _picker.Return(piece);
        return piece;
    }
}
