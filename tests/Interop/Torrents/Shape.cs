namespace TorrentPatron.Interop.Tests.Torrents;

/// <summary>The shape of a torrent's content.</summary>
public enum Shape
{
    SingleFile,
    Folder,
}
