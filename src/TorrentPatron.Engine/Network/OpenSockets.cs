using System.Collections.Concurrent;
using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>A network's open sockets, so that they can be closed when their binding goes down. Thread-safe.</summary>
internal sealed class OpenSockets
{
    private readonly ConcurrentDictionary<IDisposable, IPAddress> _sockets = new(ReferenceEqualityComparer.Instance);

    /// <summary>Why <see cref="CloseAllBut"/> last closed sockets; null if it never did.</summary>
    public string? Reason { get; private set; }

    /// <summary>Number of sockets.</summary>
    public int Count => _sockets.Count;

    /// <summary>Adds a socket.</summary>
    /// <param name="socket">The socket or its owner.</param>
    /// <param name="local">The address it was bound to when it was opened.</param>
    public void Add(IDisposable socket, IPAddress local) => _sockets[socket] = local;

    /// <summary>Removes a closed socket.</summary>
    public void Remove(IDisposable socket) => _sockets.TryRemove(socket, out _);

    /// <summary>Closes the sockets whose address may not be used any more.</summary>
    /// <param name="bound">The addresses that may be used.</param>
    public void CloseAllBut(BoundAddresses bound)
    {
        Reason = bound.Down?.Message ?? "The network interface's address has changed.";
        foreach ((IDisposable socket, _) in _sockets)
            CloseIfGone(socket, bound);
    }

    /// <summary>Closes a socket whose address may not be used any more.</summary>
    public void CloseIfGone(IDisposable socket, BoundAddresses bound)
    {
        if (_sockets.TryGetValue(socket, out IPAddress? local) && !bound.Has(local) && _sockets.TryRemove(socket, out _))
            socket.Dispose();
    }
}
