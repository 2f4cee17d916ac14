using System.Net;

namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>How a peer finds others when neither a tracker nor the test tells of them.</summary>
/// <param name="DhtNode">The DHT node that it begins with; null: it takes no part in the DHT.</param>
/// <param name="PeerExchange">Whether it asks those that it is connected to; ours always do.</param>
/// <param name="LocalDiscovery">Whether it calls in the local network.</param>
internal sealed record Finding(IPEndPoint? DhtNode = null, bool PeerExchange = false, bool LocalDiscovery = false)
{
    /// <summary>Not at all.</summary>
    public static Finding None { get; } = new();
}
