using System.Net;
using MonoTorrent.Connections.Peer;
using ReusableTasks;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>
/// A connection that keeps to our limits. MonoTorrent's own are not used: all its clients in a process wait in one queue, which stands
/// still for good where the first in it belongs to a torrent that has been stopped; and they let through a second's worth at a time.
/// </summary>
/// <param name="inner">The connection.</param>
/// <param name="limits">What bounds it, until it is known better.</param>
/// <param name="onEnd">Is told once that it is over.</param>
internal sealed class LimitedConnection(SocketPeerConnection inner, ConnectionLimits limits, Action<LimitedConnection>? onEnd = null) : IPeerConnection
{
    private readonly CancellationTokenSource _end = new();
    private int _isOver;
    private volatile ConnectionLimits _limits = limits;

    /// <summary>What bounds its rates.</summary>
    public ConnectionLimits Limits
    {
        get => _limits;
        set => _limits = value;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> AddressBytes => inner.AddressBytes;

    /// <inheritdoc/>
    public bool CanReconnect => inner.CanReconnect;

    /// <inheritdoc/>
    public bool Disposed => inner.Disposed;

    /// <inheritdoc/>
    public IPEndPoint? EndPoint => inner.EndPoint;

    /// <inheritdoc/>
    public bool IsIncoming => inner.IsIncoming;

    /// <inheritdoc/>
    public Uri Uri => inner.Uri;

    /// <inheritdoc/>
    public ReusableTask ConnectAsync() => inner.ConnectAsync();

    /// <inheritdoc/>
    public ReusableTask<int> ReceiveAsync(Memory<byte> buffer) =>
        _limits.Download.IsUnlimited ? inner.ReceiveAsync(buffer) : ReceiveSlowlyAsync(buffer);

    /// <inheritdoc/>
    public ReusableTask<int> SendAsync(Memory<byte> buffer) =>
        _limits.Upload.IsUnlimited ? inner.SendAsync(buffer) : SendSlowlyAsync(buffer);

    /// <inheritdoc/>
    public void Dispose()
    {
        inner.Dispose();
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
            return;
        // Not disposed: what waits may still look at it.
        _end.Cancel();
        onEnd?.Invoke(this);
    }

    private async ReusableTask<int> ReceiveSlowlyAsync(Memory<byte> buffer)
    {
        int received = await inner.ReceiveAsync(buffer).ConfigureAwait(false);
        await _limits.Download.AcquireAsync(received, _end.Token).ConfigureAwait(false);
        return received;
    }

    private async ReusableTask<int> SendSlowlyAsync(Memory<byte> buffer)
    {
        await _limits.Upload.AcquireAsync(buffer.Length, _end.Token).ConfigureAwait(false);
        return await inner.SendAsync(buffer).ConfigureAwait(false);
    }
}
