namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>How peers find each other.</summary>
public enum PeerDiscovery
{
    DirectPeer,
    HttpTracker,
    UdpTracker,
}
