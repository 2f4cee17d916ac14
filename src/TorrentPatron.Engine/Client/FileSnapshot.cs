using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>A snapshot of one of a torrent's files. Immutable; sizes are bytes.</summary>
public sealed record FileSnapshot
{
    /// <summary>Its index among the torrent's files, including padding; from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Its path below the destination, with <c>/</c> as separator; safe to print.</summary>
    public required string Path { get; init; }

    /// <summary>Its full path on disk, whether or not it exists yet.</summary>
    public required string FullPath { get; init; }

    /// <summary>Its size.</summary>
    public required long Length { get; init; }

    /// <summary>The bytes of it that are verified and written.</summary>
    public long CompletedSize { get; init; }

    /// <summary>Its priority.</summary>
    public FilePriority Priority { get; init; } = FilePriority.Normal;

    /// <summary>
    /// Whether it belongs to the torrent and is deleted when the torrent is removed with its data. A file that existed before the
    /// torrent does not belong to it, unless the torrent wrote all of its missing data.
    /// </summary>
    public bool IsOwn { get; init; }

    /// <summary>Its attributes in the torrent (BEP 47): executable, hidden, link.</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>
    /// For a link, the path of the target file or folder, in the form of <see cref="Path"/>. Null for files, and for links whose
    /// target is not in the torrent.
    /// </summary>
    public string? LinkTarget { get; init; }

    /// <summary>
    /// The SHA-1 of the whole file as 40 lower-case hexadecimal digits, if the torrent names it (BEP 47); null if not. It is a hint: the pieces'
    /// hashes decide what is complete.
    /// </summary>
    public string? Sha1 { get; init; }

    /// <summary>Whether every byte of it is verified and written.</summary>
    public bool IsComplete => CompletedSize == Length;

    /// <summary>The share of its bytes that are verified and written, 0 to 100.</summary>
    public double PercentComplete => Length == 0 ? 100 : 100.0 * CompletedSize / Length;
}
