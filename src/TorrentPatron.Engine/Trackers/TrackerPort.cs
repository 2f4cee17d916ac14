using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// The UDP port for trackers: shared with the peers, unless only one of the two uses a proxy. Then trackers have a separate port.
/// </summary>
/// <param name="shared">The peers' port.</param>
/// <param name="own">The port for trackers only, which is opened when needed.</param>
/// <param name="proxy">Returns the current proxy; null means none.</param>
internal sealed class TrackerPort(SharedDatagramPort shared, SharedDatagramPort own, Func<ProxySettings?> proxy) : IDatagramPort
{
    private SharedDatagramPort Port => proxy() is { } through && through.IsFor(ProxyUses.Peers) != through.IsFor(ProxyUses.Trackers) ? own : shared;

    /// <summary>Attaches the handler of answers.</summary>
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
