namespace TorrentPatron.Engine.Client;

/// <summary>How a peer's address was found.</summary>
public enum PeerSource
{
    /// <summary>Unknown: the engine does not report it.</summary>
    Unknown,

    /// <summary>The peer connected to us.</summary>
    Incoming,

    /// <summary>A user gave it.</summary>
    Manual,

    /// <summary>A tracker named it.</summary>
    Tracker,

    /// <summary>The distributed hash table named it (BEP 5).</summary>
    Dht,

    /// <summary>Another peer named it (BEP 11).</summary>
    PeerExchange,

    /// <summary>The peer announced itself in the local network (BEP 14).</summary>
    LocalDiscovery,

    /// <summary>It was reached in an earlier run and saved.</summary>
    Saved,

    /// <summary>A magnet link named it.</summary>
    Link,
}
