using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>A peer that sends what was recorded, at most so many bytes at once, and then ends. What it is sent is lost.</summary>
internal sealed class RecordedConnection(ReadOnlyMemory<byte> record, int mostAtOnce) : IConnection
{
    private static readonly IPEndPoint Nowhere = new(IPAddress.Loopback, 1);

    private int _at;

    public IPEndPoint RemoteEndPoint => Nowhere;

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int count = Math.Min(Math.Min(record.Length - _at, mostAtOnce), buffer.Length);
        record.Slice(_at, count).CopyTo(buffer);
        _at += count;
        return new ValueTask<int>(count);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => default;

    public void Dispose()
    {
    }
}
