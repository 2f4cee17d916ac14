namespace TorrentPatron.Engine.Peers;

/// <summary>The timeouts of peers.</summary>
internal static class PeerTimeouts
{
    /// <summary>For a connection.</summary>
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(15);

    /// <summary>For a uTP connection, if TCP is tried next.</summary>
    public static readonly TimeSpan ConnectUtp = TimeSpan.FromSeconds(4);

    /// <summary>For the other side's handshake.</summary>
    public static readonly TimeSpan Handshake = TimeSpan.FromSeconds(10);

    /// <summary>For the next block; after it the peer is snubbed.</summary>
    public static readonly TimeSpan Request = TimeSpan.FromSeconds(60);

    /// <summary>The same for a peer that has never sent a block: an impostor must not hold up blocks for long.</summary>
    public static readonly TimeSpan FirstBlock = TimeSpan.FromSeconds(20);

    /// <summary>For any message; after it the connection is closed.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(120);

    /// <summary>The time without a message from us after which a keep-alive is sent.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(90);
}
