using System.Net;
using MonoTorrent.Connections.Peer;
using ReusableTasks;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>
/// A connection that keeps to our limits, and notes who ended it. MonoTorrent's own limits are not used: all its clients in a process wait in one queue, which stands
/// still for good where the first in it belongs to a torrent that has been stopped; and they let through a second's worth at a time.
/// </summary>
/// <param name="inner">The connection.</param>
/// <param name="limits">What bounds it, until it is known better.</param>
/// <param name="onEnd">Is told once that it is over.</param>
internal sealed class LimitedConnection(SocketPeerConnection inner, ConnectionLimits limits, Action<LimitedConnection>? onEnd = null) : IPeerConnection
{
    private readonly CancellationTokenSource _end = new();
    private int _isOver;
    private volatile PeerLimits _limits = limits.For(inner.Uri);
    private volatile ConnectionEnd? _ending;

    /// <summary>What bounds its rates, as it is known now.</summary>
    public PeerLimits Limits => _limits;

    /// <summary>
    /// Who ended it, and why, as far as that is seen here; null: MonoTorrent did, which gives no reason, or nobody yet.
    /// </summary>
    public ConnectionEnd? Ending => _ending;

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
    public async ReusableTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int received;
        try
        {
            received = await inner.ReceiveAsync(buffer).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Note(ClosedBy.Network, e.Message);
            throw;
        }

        if (received == 0)
            Note(ClosedBy.Peer, "It closed the connection.");
        else if (_limits.Download is { IsUnlimited: false } bounds)
            await bounds.AcquireAsync(received, _end.Token).ConfigureAwait(false);
        return received;
    }

    /// <inheritdoc/>
    public async ReusableTask<int> SendAsync(Memory<byte> buffer)
    {
        if (_limits.Upload is { IsUnlimited: false } bounds)
            await bounds.AcquireAsync(buffer.Length, _end.Token).ConfigureAwait(false);
        try
        {
            return await inner.SendAsync(buffer).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Note(ClosedBy.Network, e.Message);
            throw;
        }
    }

    /// <summary>It is known which torrent it is about.</summary>
    /// <param name="limits">What bounds that torrent's connections.</param>
    public void LimitBy(ConnectionLimits limits) => _limits = limits.For(inner.Uri);

    /// <summary>Ends it.</summary>
    /// <param name="reason">Why, a sentence.</param>
    public void End(string reason)
    {
        Note(ClosedBy.Us, reason);
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        bool wasOver = Interlocked.Exchange(ref _isOver, 1) != 0;
        inner.Dispose();
        if (wasOver)
            return;
        // Not disposed: what waits may still look at it.
        _end.Cancel();
        onEnd?.Invoke(this);
    }

    /// <summary>Notes who ended it. What breaks because it was closed here says nothing.</summary>
    private void Note(ClosedBy by, string reason)
    {
        if (Volatile.Read(ref _isOver) == 0)
            _ending ??= new ConnectionEnd(by, reason);
    }
}
