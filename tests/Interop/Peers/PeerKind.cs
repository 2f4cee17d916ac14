namespace TorrentPatron.Interop.Tests.Peers;

/// <summary>The programs of others that we exchange files with.</summary>
public enum PeerKind
{
    Transmission,
    Aria2,
    Libtorrent,
    Rtorrent,
}
