namespace TorrentPatron.Engine.Client;

/// <summary>What goes through a proxy.</summary>
[Flags]
public enum ProxyUses
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Peers and the DHT. Peers then cannot connect to us, and none are looked for in the local network.</summary>
    Peers = 1,

    /// <summary>Trackers.</summary>
    Trackers = 2,

    /// <summary>The rest of the web: .torrents from addresses.</summary>
    Web = 4,

    /// <summary>Everything.</summary>
    All = Peers | Trackers | Web,
}
