using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Swarms;

/// <summary>One HAVE of a peer that tells many, from the receive buffer to the picker, in a torrent of 100,000 pieces.</summary>
public class HaveReceiving
{
    private readonly SampleSwarm _swarm = new(100_000);
    private readonly byte[] _record = MakeRecord();

    /// <summary>In receives of 32 KiB; the peer's coming and going is a small part of it.</summary>
    [Benchmark(OperationsPerInvoke = SampleMessages.HaveCount)]
    public void Have() => _swarm.Attach(new RecordedConnection(_record, 32 * 1024));

    private static byte[] MakeRecord()
    {
        byte[] unchoke = new byte[MessageWriter.EmptyLength];
        MessageWriter.WriteEmpty(unchoke, MessageId.Unchoke);
        return [.. unchoke, .. SampleMessages.Haves()];
    }
}
