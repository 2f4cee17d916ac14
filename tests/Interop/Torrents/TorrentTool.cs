namespace TorrentPatron.Interop.Tests.Torrents;

/// <summary>What makes .torrent files.</summary>
public enum TorrentTool
{
    Ours,
    Mktorrent,
    Transmission,
    Libtorrent,
}
