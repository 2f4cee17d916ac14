using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>A connection that receives nothing and drops sent data.</summary>
internal sealed class IdleConnection(IPEndPoint remote) : IConnection
{
    private readonly TaskCompletionSource<int> _received = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IPEndPoint RemoteEndPoint { get; } = remote;

    public bool IsDisposed => _received.Task.IsCompleted;

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => new(_received.Task);

    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => default;

    public void Dispose() => _received.TrySetException(new ObjectDisposedException(nameof(IdleConnection)));
}
