namespace TorrentPatron.Engine.Peers;

/// <summary>How long peers are waited for.</summary>
internal static class PeerTimeouts
{
    /// <summary>To be connected.</summary>
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(15);

    /// <summary>To be answered by uTP, where TCP is tried next.</summary>
    public static readonly TimeSpan ConnectUtp = TimeSpan.FromSeconds(4);

    /// <summary>For the other side's handshake.</summary>
    public static readonly TimeSpan Handshake = TimeSpan.FromSeconds(10);

    /// <summary>For a block after the last; then the peer is snubbed.</summary>
    public static readonly TimeSpan Request = TimeSpan.FromSeconds(60);

    /// <summary>The same for a peer that has never sent a block: one that only pretends must not hold up blocks for long.</summary>
    public static readonly TimeSpan FirstBlock = TimeSpan.FromSeconds(20);

    /// <summary>For anything at all; then the connection is ended.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(120);

    /// <summary>After this without a message of ours a keep-alive is sent.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(90);
}
