namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>Other BitTorrent clients that we exchange files with.</summary>
public enum PeerKind
{
    Transmission,
    Aria2,
    Libtorrent,
    Rtorrent,
}

/// <summary>Groups of clients.</summary>
internal static class PeerKinds
{
    /// <summary>Clients that accept torrents without a tracker and magnet links, and can be found without a tracker: all but rtorrent.</summary>
    public static PeerKind[] WithoutTracker { get; } = [PeerKind.Transmission, PeerKind.Aria2, PeerKind.Libtorrent];
}
