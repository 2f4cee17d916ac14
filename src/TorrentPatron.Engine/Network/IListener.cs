using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>Accepts incoming connections. Disposing ends a pending accept with an <see cref="IOException"/>.</summary>
public interface IListener : IDisposable
{
    /// <summary>The address and port it listens on.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>Waits for the next connection.</summary>
    /// <exception cref="IOException">The listener has been disposed.</exception>
    Task<IConnection> AcceptAsync(CancellationToken cancellationToken);
}
