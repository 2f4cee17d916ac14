using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Wire;

/// <summary>One message of a receive buffer of 256 KiB, taken as the receive loop takes it.</summary>
public class MessageDecoding
{
    private readonly byte[] _blocks = SampleMessages.Blocks();
    private readonly byte[] _haves = SampleMessages.Haves();
    private readonly byte[] _requests = SampleMessages.Requests();

    [Benchmark(OperationsPerInvoke = SampleMessages.BlockCount)]
    public long Block() => Decode(_blocks);

    [Benchmark(OperationsPerInvoke = SampleMessages.HaveCount)]
    public long Have() => Decode(_haves);

    [Benchmark(OperationsPerInvoke = SampleMessages.RequestCount)]
    public long Request() => Decode(_requests);

    private static long Decode(ReadOnlySpan<byte> buffer)
    {
        long sum = 0;
        while (PeerMessage.TryRead(buffer, 128 * 1024, out PeerMessage message, out int size) == ReadResult.Complete)
        {
            sum += message.Id switch
            {
                MessageId.Piece => message.Piece + message.Begin + message.Block.Length,
                MessageId.Have => message.Piece,
                _ => message.Range.Begin,
            };
            buffer = buffer[size..];
        }

        return sum;
    }
}
