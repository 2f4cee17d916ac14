using System.Collections.Concurrent;
using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>The sockets that a network has open, so that they can be closed when what they are bound to goes. Thread-safe.</summary>
internal sealed class OpenSockets
{
    private readonly ConcurrentDictionary<IDisposable, IPAddress> _sockets = new(ReferenceEqualityComparer.Instance);

    /// <summary>Why sockets were closed last by <see cref="CloseAllBut"/>; null: none was.</summary>
    public string? Reason { get; private set; }

    /// <summary>Number of sockets.</summary>
    public int Count => _sockets.Count;

    /// <summary>Takes note of a socket.</summary>
    /// <param name="socket">The socket, or what disposes it.</param>
    /// <param name="local">What it was bound to when it was opened.</param>
    public void Add(IDisposable socket, IPAddress local) => _sockets[socket] = local;

    /// <summary>A socket has been closed.</summary>
    public void Remove(IDisposable socket) => _sockets.TryRemove(socket, out _);

    /// <summary>Closes the sockets whose address may not be used any more.</summary>
    /// <param name="bound">What may be used.</param>
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
