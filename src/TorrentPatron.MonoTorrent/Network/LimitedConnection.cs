using System.Net;
using MonoTorrent.Connections.Peer;
using ReusableTasks;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;

namespace TorrentPatron.MonoTorrent.Network;

/// <summary>
/// A connection that applies our limits, and records who ended it. MonoTorrent's own limits are not used: all its clients in a
/// process share one queue, which stalls for good if its first entry belongs to a stopped torrent; and they let through a
/// second's worth at a time.
/// </summary>
/// <param name="inner">The connection.</param>
/// <param name="limits">Its limits until its torrent is known.</param>
/// <param name="onEnd">Called once when it has ended.</param>
internal sealed class LimitedConnection(SocketPeerConnection inner, ConnectionLimits limits, Action<LimitedConnection>? onEnd = null) : IPeerConnection
{
    private readonly CancellationTokenSource _end = new();
    private int _isOver;
    private volatile PeerLimits _limits = limits.For(inner.Uri);
    private volatile ConnectionEnd? _ending;

    /// <summary>Its current limits.</summary>
    public PeerLimits Limits => _limits;

    /// <summary>
    /// Who ended it and why, as far as visible here; null if MonoTorrent did, which gives no reason, or it has not ended.
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

    /// <summary>Called when its torrent is known.</summary>
    /// <param name="limits">The torrent's limits.</param>
    public void LimitBy(ConnectionLimits limits) => _limits = limits.For(inner.Uri);

    /// <summary>Closes the connection.</summary>
    /// <param name="reason">The reason, as a sentence.</param>
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
        // Not disposed: pending operations may still use it.
        _end.Cancel();
        onEnd?.Invoke(this);
    }

    /// <summary>Records who ended it. Errors after a close on our side are ignored.</summary>
    private void Note(ClosedBy by, string reason)
    {
        if (Volatile.Read(ref _isOver) == 0)
            _ending ??= new ConnectionEnd(by, reason);
    }
}
