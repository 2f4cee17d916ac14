using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Swarms;

/// <summary>A peer that comes with a bitfield of 100,000 pieces, is asked for blocks, and goes.</summary>
public class PeerJoining
{
    private const int Pieces = 100_000;

    private readonly SampleSwarm _swarm = new(Pieces);
    private readonly byte[] _seed = MakeRecord(SampleFields.Full(Pieces));
    private readonly byte[] _half = MakeRecord(SampleFields.Random(Pieces, 0.5));

    [Benchmark(Baseline = true)]
    public void WithEverything() => _swarm.Attach(new RecordedConnection(_seed, 32 * 1024));

    [Benchmark]
    public void WithHalf() => _swarm.Attach(new RecordedConnection(_half, 32 * 1024));

    private static byte[] MakeRecord(Bitfield field)
    {
        byte[] record = new byte[2 * MessageWriter.EmptyLength + field.Bytes.Length];
        int length = MessageWriter.WriteBody(record, MessageId.Bitfield, field.Bytes);
        MessageWriter.WriteEmpty(record.AsSpan(length), MessageId.Unchoke);
        return record;
    }
}
