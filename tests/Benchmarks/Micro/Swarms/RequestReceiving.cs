using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Swarms;

/// <summary>One request of a peer to a seed, from the receive buffer to the block's send; the disk and the socket cost nothing.</summary>
public class RequestReceiving
{
    private readonly SampleSwarm _swarm = new(1000);
    private readonly byte[] _record = MakeRecord();

    [GlobalSetup]
    public void BecomeSeed() => _swarm.Pieces.Active.Reset(SampleFields.Full(1000), null);

    /// <summary>In receives of 1 KiB, about 60 requests.</summary>
    [Benchmark(OperationsPerInvoke = SampleMessages.RequestCount)]
    public void Request() => _swarm.Attach(new RecordedConnection(_record, 1024));

    private static byte[] MakeRecord()
    {
        byte[] interested = new byte[MessageWriter.EmptyLength];
        MessageWriter.WriteEmpty(interested, MessageId.Interested);
        return [.. interested, .. SampleMessages.Requests()];
    }
}
