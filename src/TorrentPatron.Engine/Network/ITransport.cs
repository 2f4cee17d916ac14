using System.Net;

namespace TorrentPatron.Engine.Network;

/// <summary>How streams to peers are made. The one place where TCP (later also uTP, or a simulated network) stands.</summary>
internal interface ITransport
{
    /// <summary>Dials a peer.</summary>
    /// <exception cref="IOException">Nobody answered there, or the network refused.</exception>
    Task<IConnection> ConnectAsync(IPEndPoint remote, CancellationToken cancellationToken);

    /// <summary>Listens for peers.</summary>
    /// <param name="local">Where; port 0: any free one.</param>
    /// <exception cref="IOException">The address cannot be had.</exception>
    IListener Listen(IPEndPoint local);
}
