using System.Collections.ObjectModel;
using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>The settings of an engine.</summary>
public sealed record ClientSettings
{
    /// <summary>The TCP port to listen on; 0: any free one; -1: do not listen.</summary>
    public int ListenPort { get; init; }

    /// <summary>The address to listen on and to dial from; null: every address of either family.</summary>
    public IPAddress? BindAddress { get; init; }

    /// <summary>
    /// The network interface that all traffic uses: a name such as <c>tun0</c>, or an address of the interface. Null means any,
    /// or the interface of <see cref="BindAddress"/>. While it is down nothing is sent, and torrents warn with
    /// <see cref="TorrentErrorId.NetworkDown"/>.
    /// </summary>
    public string? BindInterface { get; init; }

    /// <summary>The addresses that the engine may talk to; null allows all.</summary>
    public AddressFilter? Filter { get; init; }

    /// <summary>
    /// Limits over all torrents. Peers in the local network are exempt unless <see cref="LimitLocalPeers"/> is set, and so are
    /// peers of a class with its own limits.
    /// </summary>
    public RateLimits Limits { get; init; } = RateLimits.None;

    /// <summary>
    /// Whether <see cref="Limits"/> also apply to the local network: private and link-local addresses that no class contains.
    /// This machine's own addresses are always exempt.
    /// </summary>
    public bool LimitLocalPeers { get; init; }

    /// <summary>Peer classes with their own limits. A peer belongs to the first class that contains its address.</summary>
    public ReadOnlyCollection<PeerClass> PeerClasses { get; init; } = [];

    /// <summary>The most peers connected to one torrent, 1 or more.</summary>
    public int MaxPeersPerTorrent { get; init; } = 100;

    /// <summary>The most peers connected in all, 1 or more.</summary>
    public int MaxPeers { get; init; } = 500;

    /// <summary>
    /// The most torrents that download, or fetch their metadata, at a time; 0 means no limit. The others wait in the state
    /// <see cref="TorrentState.Queued"/>. A torrent that has received nothing for five minutes does not count until it receives
    /// something.
    /// </summary>
    public int MaxActiveDownloads { get; init; }

    /// <summary>
    /// The most torrents that seed at a time; 0 means no limit. The others wait in the state <see cref="TorrentState.Queued"/>. A
    /// torrent that has sent nothing for five minutes does not count until it sends something.
    /// </summary>
    public int MaxActiveSeeds { get; init; }

    /// <summary>Time between two status updates of an active torrent.</summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Bytes that may wait for the disk; above this the engine stops reading from sockets.</summary>
    public long MaxQueuedBytes { get; init; } = 64L << 20;

    /// <summary>How the engine uses the DHT (BEP 5); off by default.</summary>
    public DhtSettings Dht { get; init; } = new();

    /// <summary>Whether local peer discovery is on (BEP 14).</summary>
    public bool LocalDiscovery { get; init; }

    /// <summary>Whether connections to peers are encrypted.</summary>
    public EncryptionPolicy Encryption { get; init; }

    /// <summary>
    /// The differentiated services code point (RFC 2474) of packets to peers and of UDP packets, 0 to 63; 0 means none. The
    /// default, 1, is lower effort (RFC 8622): routers that support it prefer other traffic.
    /// </summary>
    public int CodePoint { get; init; } = 1;

    /// <summary>
    /// The address that trackers should report for this client, for a router or proxy with a different outside address; many
    /// trackers ignore it. Null means the address that the announce comes from.
    /// </summary>
    public IPAddress? AnnounceAddress { get; init; }

    /// <summary>The interface and address that all traffic is bound to.</summary>
    public BindTarget BindTarget => BindTarget.Of(BindInterface, BindAddress);

    /// <summary>The protocols used for connections to peers.</summary>
    public TransportPolicy Transport { get; init; }

    /// <summary>
    /// Whether the engine asks the router to forward its port; off by default, and always off with a bind address.
    /// </summary>
    public PortMappingPolicy PortMapping { get; init; }

    /// <summary>The proxy for outgoing connections; null means none. Traffic that it cannot carry is not sent.</summary>
    public ProxySettings? Proxy { get; init; }

    /// <summary>
    /// Whether peers are told which pieces are in memory, so that they request these first (BEP 6). This helps disks that are
    /// slow to seek, but reduces piece diversity in the swarm, so it is off by default. Suggestions from peers are always used.
    /// </summary>
    public bool SuggestPieces { get; init; }

    /// <summary>Threads that hash and write; 0 means one for each processor, at most four.</summary>
    public int DiskThreads { get; init; }
}
