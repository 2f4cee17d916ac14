namespace TorrentPatron.PowerShell.Torrents;

/// <summary>One file in a .torrent.</summary>
/// <param name="Path">Where it goes below the destination, with <c>/</c> as separator.</param>
/// <param name="Length">Its size in bytes.</param>
public sealed record TorrentInfoFile(string Path, long Length)
{
    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
