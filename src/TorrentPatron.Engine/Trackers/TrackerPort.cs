using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// The UDP port by which trackers are asked: that of the peers, unless only one of both goes by a proxy. Then trackers have a port of their own.
/// </summary>
/// <param name="shared">The port of the peers.</param>
/// <param name="own">The port for trackers alone, which is opened when it is needed.</param>
/// <param name="proxy">Gives the proxy; null means none.</param>
internal sealed class TrackerPort(SharedDatagramPort shared, SharedDatagramPort own, Func<ProxySettings?> proxy) : IDatagramPort
{
    private SharedDatagramPort Port => proxy() is { } through && through.IsFor(ProxyUses.Peers) != through.IsFor(ProxyUses.Trackers) ? own : shared;

    /// <summary>Adds what reads the answers.</summary>
    public void Attach(IDatagramHandler handler)
    {
        shared.Attach(handler);
        if (own != shared)
            own.Attach(handler);
    }

    /// <inheritdoc/>
    public bool Has(AddressFamily family) => Port.Has(family);

    /// <inheritdoc/>
    public void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote) => Port.Send(datagram, remote);

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken) =>
        Port.SendAsync(datagram, remote, cancellationToken);
}
