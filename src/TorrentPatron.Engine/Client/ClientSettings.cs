using System.Collections.ObjectModel;
using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>What an engine is made with.</summary>
public sealed record ClientSettings
{
    /// <summary>The TCP port to listen on; 0: any free one; -1: do not listen.</summary>
    public int ListenPort { get; init; }

    /// <summary>The address to listen on and to dial from; null: every address of either family.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>
    /// The network interface that everything leaves and comes in by: its name, such as <c>tun0</c>, or an address that it has; null: any, or
    /// that of <see cref="BindAddress"/>. While it is not there nothing is sent, and torrents warn of <see cref="TorrentErrorId.NetworkDown"/>.
    /// </summary>
    public string? BindInterface { get; init; }

    /// <summary>Which addresses may be talked to; null: all.</summary>
    public AddressFilter? Filter { get; init; }

    /// <summary>
    /// Limits over all torrents. They do not hold for peers in the local network unless <see cref="LimitLocalPeers"/> says so, nor for those of a
    /// class that has limits of its own.
    /// </summary>
    public RateLimits Limits { get; init; } = RateLimits.None;

    /// <summary>
    /// Whether <see cref="Limits"/> hold for peers in the local network too: those of private and link-local addresses that no class has. This
    /// machine's own addresses are none of them.
    /// </summary>
    public bool LimitLocalPeers { get; init; }

    /// <summary>Classes of peers with limits of their own. A peer belongs to the first that has its address.</summary>
    public ReadOnlyCollection<PeerClass> PeerClasses { get; init; } = [];

    /// <summary>Most peers connected to one torrent, 1 or more.</summary>
    public int MaxPeersPerTorrent { get; init; } = 100;

    /// <summary>Most peers connected in all, 1 or more.</summary>
    public int MaxPeers { get; init; } = 500;

    /// <summary>Time between two status updates of an active torrent.</summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that may wait for the disk before sockets are no longer read.</summary>
    public long MaxQueuedBytes { get; init; } = 64L << 20;

    /// <summary>How the engine takes part in the DHT (BEP 5): not, unless it is told to.</summary>
    public DhtSettings Dht { get; init; } = new();

    /// <summary>Whether peers in the local network are looked for, and called to (BEP 14).</summary>
    public bool LocalDiscovery { get; init; }

    /// <summary>Whether connections to peers are encrypted.</summary>
    public EncryptionPolicy Encryption { get; init; }

    /// <summary>
    /// The differentiated services code point (RFC 2474) of what is sent to peers, and by UDP, 0 to 63; 0: none. By default 1, lower effort
    /// (RFC 8622): routers that know it put other traffic first.
    /// </summary>
    public int CodePoint { get; init; } = 1;

    /// <summary>
    /// The address by which trackers are to name us to others, for a router or proxy with another outside address; many trackers do not heed it.
    /// Null: the address from which they are asked.
    /// </summary>
    public IPAddress? AnnounceAddress { get; init; }

    /// <summary>What all traffic is bound to.</summary>
    public BindTarget BindTarget => BindTarget.Of(BindInterface, BindAddress);

    /// <summary>The protocols by which peers are connected.</summary>
    public TransportPolicy Transport { get; init; }

    /// <summary>Whether the router is asked to let peers in: not, unless it is told to. Never with a bind address.</summary>
    public PortMappingPolicy PortMapping { get; init; }

    /// <summary>The proxy by which connections leave; null: none. What it cannot carry is not sent.</summary>
    public ProxySettings? Proxy { get; init; }

    /// <summary>
    /// Whether peers are told which pieces are in memory, so that they ask for these first (BEP 6). It spares a disk that is slow to seek, and costs
    /// some of the swarm's variety: off by default, as with other clients. What peers suggest to us is always heeded.
    /// </summary>
    public bool SuggestPieces { get; init; }

    /// <summary>Threads that hash and write; 0: one for each processor, at most four.</summary>
    public int DiskThreads { get; init; }
}
