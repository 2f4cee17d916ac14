using System.Net;
using TorrentPatron.Engine.Transport;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>A peer that never sends anything.</summary>
internal sealed class SilentConnection(int number) : IConnection
{
    private readonly TaskCompletionSource<int> _never = new();

    public IPEndPoint RemoteEndPoint { get; } = new(new IPAddress([10, 0, 0, (byte)number]), 6881);

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => new(_never.Task);

    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => default;

    public void Dispose()
    {
    }
}
