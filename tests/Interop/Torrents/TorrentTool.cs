namespace TorrentPatron.Interop.Tests.Torrents;

/// <summary>Tools that make .torrent files.</summary>
public enum TorrentTool
{
    Ours,
    Mktorrent,
    Transmission,
    Libtorrent,
}
