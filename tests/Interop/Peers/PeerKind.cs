namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>The programs of others that we exchange files with.</summary>
public enum PeerKind
{
    Transmission,
    Aria2,
    Libtorrent,
    Rtorrent,
}

/// <summary>Kinds of programs.</summary>
internal static class PeerKinds
{
    /// <summary>Those that take a torrent without a tracker, a link, and are found otherwise: all but rtorrent.</summary>
    public static PeerKind[] WithoutTracker { get; } = [PeerKind.Transmission, PeerKind.Aria2, PeerKind.Libtorrent];
}
