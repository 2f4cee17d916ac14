namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>How peers come to know of one another.</summary>
public enum Road
{
    DirectPeer,
    HttpTracker,
    UdpTracker,
}
