using BenchmarkDotNet.Attributes;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Wire;

/// <summary>One message of a batch, written into a buffer.</summary>
public class MessageWriting
{
    private const int Batch = 500;

    private readonly byte[] _buffer = new byte[Batch * MessageWriter.RangeLength];

    [Benchmark(OperationsPerInvoke = Batch)]
    public int Request()
    {
        int length = 0;
        for (int i = 0; i < Batch; i++)
        {
            var range = new BlockRequest(i, i * BlockRequest.BlockLength, BlockRequest.BlockLength);
            length += MessageWriter.WriteRange(_buffer.AsSpan(length), MessageId.Request, range);
        }

        return length;
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public int Have()
    {
        int length = 0;
        for (int i = 0; i < Batch; i++)
            length += MessageWriter.WritePieceIndex(_buffer.AsSpan(length), MessageId.Have, i);
        return length;
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public int PieceHeader()
    {
        int length = 0;
        for (int i = 0; i < Batch; i++)
        {
            var range = new BlockRequest(i, i * BlockRequest.BlockLength, BlockRequest.BlockLength);
            length += MessageWriter.WritePieceHeader(_buffer.AsSpan(length), range);
        }

        return length;
    }
}
