namespace TorrentPatron.Engine.Client;

/// <summary>The traffic that goes through a proxy.</summary>
[Flags]
public enum ProxyUses
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Peers and the DHT. Incoming connections and local peer discovery are then off.</summary>
    Peers = 1,

    /// <summary>Trackers.</summary>
    Trackers = 2,

    /// <summary>Other web traffic: .torrent downloads.</summary>
    Web = 4,

    /// <summary>Everything.</summary>
    All = Peers | Trackers | Web,
}
