using System.Collections.ObjectModel;

namespace TorrentPatron.Engine.Client;

/// <summary>How an engine uses the DHT (BEP 5).</summary>
public sealed record DhtSettings
{
    /// <summary>The bootstrap nodes that most clients use, as host and port.</summary>
    public static ReadOnlyCollection<string> PublicBootstrapNodes { get; } =
        ["router.bittorrent.com:6881", "dht.transmissionbt.com:6881", "router.utorrent.com:6881", "dht.libtorrent.org:25401"];

    /// <summary>Whether the engine joins the DHT. Off by default: the application that uses the engine decides.</summary>
    public bool IsEnabled { get; init; }

    /// <summary>Nodes to contact if no others are known: <c>host:port</c> or <c>[address]:port</c>.</summary>
    public ReadOnlyCollection<string> BootstrapNodes { get; init; } = [];

    /// <summary>
    /// Whether the node leaves queries from others unanswered (BEP 43), for metered connections and machines that cannot be
    /// reached.
    /// </summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The most bytes/s sent; the node's own queries take precedence over answers.</summary>
    public int MaxUploadRate { get; init; } = 8_000;

    /// <summary>Where the known nodes are saved between runs; null means nowhere.</summary>
    public IDhtStore? Store { get; init; }
}
