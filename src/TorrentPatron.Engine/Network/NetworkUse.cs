namespace TorrentPatron.Engine.Network;

/// <summary>The purpose of network traffic. Policy, such as a proxy, may differ by purpose.</summary>
public enum NetworkUse
{
    /// <summary>Peers and peer discovery: TCP, uTP, the DHT, local discovery.</summary>
    Peers,

    /// <summary>Trackers: HTTP, HTTPS and UDP.</summary>
    Trackers,

    /// <summary>Other web traffic: .torrent downloads, web seeds, feeds.</summary>
    Web,
}
