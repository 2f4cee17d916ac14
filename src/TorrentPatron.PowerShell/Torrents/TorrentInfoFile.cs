using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>One file in a .torrent.</summary>
/// <param name="Path">Where it goes below the destination, with <c>/</c> as separator.</param>
/// <param name="Length">Its size in bytes.</param>
public sealed record TorrentInfoFile(string Path, long Length)
{
    /// <summary>Takes what the torrent says of a file.</summary>
    internal TorrentInfoFile(TorrentFileEntry file)
        : this(file.Path, file.Length)
    {
        Attributes = file.Attributes;
        LinkTarget = file.LinkTarget;
        LastWriteTime = file.LastWriteTime?.LocalDateTime;
        Sha1 = file.Sha1.IsEmpty ? null : Convert.ToHexStringLower(file.Sha1.Span);
        PiecesRoot = file.PiecesRoot.IsEmpty ? null : Convert.ToHexStringLower(file.PiecesRoot.Span);
    }

    /// <summary>What else the torrent says of it (BEP 47): executable, hidden, a symbolic link.</summary>
    public TorrentFileAttributes Attributes { get; }

    /// <summary>For a symbolic link, the path of the file or folder that it leads to; null where it leads to nothing in the torrent.</summary>
    public string? LinkTarget { get; }

    /// <summary>When it was last written, local time, if the torrent says so.</summary>
    public DateTime? LastWriteTime { get; }

    /// <summary>The SHA-1 of the whole file as 40 hexadecimal digits, if the torrent names it.</summary>
    public string? Sha1 { get; }

    /// <summary>The root of its SHA-256 tree as 64 hexadecimal digits, in a torrent of version 2 or a hybrid: equal for equal files.</summary>
    public string? PiecesRoot { get; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
