using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A file in a .torrent file.</summary>
/// <param name="Path">Its path below the destination, with <c>/</c> as separator.</param>
/// <param name="Length">Its size in bytes.</param>
public sealed record TorrentInfoFile(string Path, long Length)
{
    /// <summary>Takes an entry of the torrent.</summary>
    internal TorrentInfoFile(TorrentFileEntry file)
        : this(file.Path, file.Length)
    {
        Attributes = file.Attributes;
        LinkTarget = file.LinkTarget;
        LastWriteTime = file.LastWriteTime?.LocalDateTime;
        Sha1 = file.Sha1.IsEmpty ? null : Convert.ToHexStringLower(file.Sha1.Span);
        PiecesRoot = file.PiecesRoot.IsEmpty ? null : Convert.ToHexStringLower(file.PiecesRoot.Span);
    }

    /// <summary>Its attributes in the torrent (BEP 47): executable, hidden, a symbolic link.</summary>
    public TorrentFileAttributes Attributes { get; }

    /// <summary>The target of a symbolic link in the torrent; null if the target is not in the torrent.</summary>
    public string? LinkTarget { get; }

    /// <summary>When it was last written, local time, if known.</summary>
    public DateTime? LastWriteTime { get; }

    /// <summary>The SHA-1 of the whole file as 40 hexadecimal digits, if the torrent has it.</summary>
    public string? Sha1 { get; }

    /// <summary>The root of its SHA-256 tree as 64 hexadecimal digits in a v2 or hybrid torrent: equal for equal files.</summary>
    public string? PiecesRoot { get; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
