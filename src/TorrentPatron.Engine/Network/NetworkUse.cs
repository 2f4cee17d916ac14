namespace TorrentPatron.Engine.Network;

/// <summary>What the network is used for. Policy, such as a proxy, may differ from use to use.</summary>
public enum NetworkUse
{
    /// <summary>Peers and the search for them: TCP, uTP, the DHT, local discovery.</summary>
    Peers,

    /// <summary>Trackers: HTTP, HTTPS and UDP.</summary>
    Trackers,

    /// <summary>The rest of the web: .torrents from addresses, web seeds, and in time feeds.</summary>
    Web,
}
