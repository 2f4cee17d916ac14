using System.Net;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>How a peer finds others when neither a tracker nor the test tells of them.</summary>
/// <param name="DhtNode">The DHT node that it begins with; null: it takes no part in the DHT.</param>
/// <param name="PeerExchange">Whether it asks those that it is connected to; ours always do.</param>
/// <param name="LocalDiscovery">Whether it calls in the local network.</param>
internal sealed record Finding(IPEndPoint? DhtNode = null, bool PeerExchange = false, bool LocalDiscovery = false)
{
    /// <summary>What it requires to follow an encrypted handshake, in and out; none: it encrypts as it is used to.</summary>
    public EncryptionMethods RequiredEncryption { get; init; }

    /// <summary>Whether it speaks uTP: libtorrent uTP alone, Transmission besides TCP. Else it speaks TCP alone.</summary>
    public bool Utp { get; init; }

    /// <summary>Not at all.</summary>
    public static Finding None { get; } = new();
}
