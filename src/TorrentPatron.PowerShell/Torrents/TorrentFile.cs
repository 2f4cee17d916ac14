using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>One of a torrent's files as it stood at one moment. Immutable; sizes are bytes.</summary>
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

    /// <summary>Its place among the torrent's files, from 0.</summary>
    public int Index { get; }

    /// <summary>Where it lies in the torrent, with <c>/</c> as separator.</summary>
    public string Name { get; }

    /// <summary>Its full path on disk, whether it is there yet or not.</summary>
    public string Path { get; }

    /// <summary>Its size.</summary>
    public long Length { get; }

    /// <summary>Bytes of it that are verified and written.</summary>
    public long CompletedSize { get; }

    /// <summary>Share of its bytes that are verified and written, 0 to 100.</summary>
    public double PercentComplete { get; }

    /// <summary>Whether every byte of it is verified and written.</summary>
    public bool IsComplete { get; }

    /// <summary>How much it is wanted.</summary>
    public FilePriority Priority { get; }

    /// <summary>Whether it goes with the torrent where that is removed with its data: not what was there before it.</summary>
    public bool IsOwn { get; }

    /// <summary>What else the torrent says of it: executable, hidden, a symbolic link.</summary>
    public TorrentFileAttributes Attributes { get; }

    /// <summary>For a symbolic link, the name of the file or folder that it leads to; null where it leads to nothing in the torrent.</summary>
    public string? LinkTarget { get; }

    /// <summary>The SHA-1 of the whole file as 40 hexadecimal digits, if the torrent names it. It is a hint: pieces are verified by their own hashes.</summary>
    public string? Sha1 { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
