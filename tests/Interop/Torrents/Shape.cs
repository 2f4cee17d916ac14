namespace TorrentPatron.Interop.Tests.Torrents;

/// <summary>What a torrent is of.</summary>
public enum Shape
{
    SingleFile,
    Folder,
}
