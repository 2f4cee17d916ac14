using System.Net;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>How a peer finds others without a tracker or given addresses.</summary>
/// <param name="DhtNode">Its entry point to the DHT; null: its DHT is off.</param>
/// <param name="PeerExchange">Whether it uses peer exchange; ours always does.</param>
/// <param name="LocalDiscovery">Whether it uses local discovery.</param>
internal sealed record TrackerlessDiscovery(IPEndPoint? DhtNode = null, bool PeerExchange = false, bool LocalDiscovery = false)
{
    /// <summary>The encryption that it requires, incoming and outgoing; none: its default.</summary>
    public EncryptionMethods RequiredEncryption { get; init; }

    /// <summary>Whether it uses uTP: libtorrent then uses only uTP, Transmission also TCP. Otherwise both use only TCP.</summary>
    public bool Utp { get; init; }

    /// <summary>It finds no others by itself.</summary>
    public static TrackerlessDiscovery None { get; } = new();
}
