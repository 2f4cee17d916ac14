using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>A peer that says something short at first, and then nothing ever.</summary>
internal sealed class SilentConnection(int number, ReadOnlyMemory<byte> first = default) : IConnection
{
    private readonly TaskCompletionSource<int> _never = new();
    private ReadOnlyMemory<byte> _first = first;

    public IPEndPoint RemoteEndPoint { get; } = new(new IPAddress([10, 0, 0, (byte)number]), 6881);

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_first.IsEmpty)
            return new ValueTask<int>(_never.Task);
        _first.CopyTo(buffer);
        int length = _first.Length;
        _first = default;
        return new ValueTask<int>(length);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => default;

    public void Dispose()
    {
    }
}
