using System.Collections.ObjectModel;

namespace TorrentPatron.Engine.Client;

/// <summary>How an engine takes part in the DHT (BEP 5).</summary>
public sealed record DhtSettings
{
    /// <summary>The nodes that most clients begin with, as host and port.</summary>
    public static ReadOnlyCollection<string> PublicBootstrapNodes { get; } =
        ["router.bittorrent.com:6881", "dht.transmissionbt.com:6881", "router.utorrent.com:6881", "dht.libtorrent.org:25401"];

    /// <summary>Whether it takes part at all. Not unless asked to: whoever uses an engine as a library decides that.</summary>
    public bool IsEnabled { get; init; }

    /// <summary>Nodes to begin with where no others are known: <c>host:port</c> or <c>[address]:port</c>.</summary>
    public ReadOnlyCollection<string> BootstrapNodes { get; init; } = [];

    /// <summary>Whether others' questions are not answered (BEP 43): for who pays by the byte, or cannot be reached.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Most bytes sent in a second; own questions come before answers to others.</summary>
    public int MaxUploadRate { get; init; } = 8_000;

    /// <summary>Where the known nodes are kept from one run to the next; null: nowhere.</summary>
    public IDhtStore? Store { get; init; }
}
