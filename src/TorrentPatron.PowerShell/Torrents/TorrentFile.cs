using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A snapshot of one of a torrent's files. Immutable; sizes are bytes.</summary>
public sealed record TorrentFile
{
    internal TorrentFile(TorrentStatus torrent, FileSnapshot file)
    {
        TorrentName = torrent.Name;
        InfoHash = torrent.InfoHash;
        Index = file.Index;
        Name = file.Path;
        Path = file.FullPath;
        Length = file.Length;
        CompletedSize = file.CompletedSize;
        PercentComplete = file.PercentComplete;
        IsComplete = file.IsComplete;
        Priority = file.Priority;
        IsOwn = file.IsOwn;
        Attributes = file.Attributes;
        LinkTarget = file.LinkTarget;
        Sha1 = file.Sha1;
    }

    /// <summary>The torrent's name.</summary>
    public string TorrentName { get; }

    /// <summary>The torrent's info hash, as 40 lower-case hexadecimal digits.</summary>
    public string InfoHash { get; }

    /// <summary>Its index among the torrent's files, from 0.</summary>
    public int Index { get; }

    /// <summary>Its path in the torrent, with <c>/</c> as separator.</summary>
    public string Name { get; }

    /// <summary>Its full path on disk, whether or not it exists.</summary>
    public string Path { get; }

    /// <summary>Its size.</summary>
    public long Length { get; }

    /// <summary>Number of its bytes that are verified and written.</summary>
    public long CompletedSize { get; }

    /// <summary>Percentage of its bytes that are verified and written, 0 to 100.</summary>
    public double PercentComplete { get; }

    /// <summary>Whether every byte of it is verified and written.</summary>
    public bool IsComplete { get; }

    /// <summary>Its priority.</summary>
    public FilePriority Priority { get; }

    /// <summary>Whether removing the torrent with its data deletes the file: false for files that existed before.</summary>
    public bool IsOwn { get; }

    /// <summary>Its attributes in the torrent: executable, hidden, a symbolic link.</summary>
    public TorrentFileAttributes Attributes { get; }

    /// <summary>The target of a symbolic link in the torrent; null if the target is not in the torrent.</summary>
    public string? LinkTarget { get; }

    /// <summary>The SHA-1 of the whole file as 40 hexadecimal digits, if the torrent names it. It is a hint: pieces are verified by their own hashes.</summary>
    public string? Sha1 { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
