using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Client;

/// <summary>One of a torrent's files as it stood at one moment. Immutable; sizes are bytes.</summary>
public sealed record FileSnapshot
{
    /// <summary>Its place among the torrent's files, padding among them; from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Where it lies below the destination, with <c>/</c> as separator; safe to print.</summary>
    public required string Path { get; init; }

    /// <summary>Its full path on disk, whether it is there yet or not.</summary>
    public required string FullPath { get; init; }

    /// <summary>Its size.</summary>
    public required long Length { get; init; }

    /// <summary>Bytes of it that are verified and written.</summary>
    public long CompletedSize { get; init; }

    /// <summary>How much it is wanted.</summary>
    public FilePriority Priority { get; init; } = FilePriority.Normal;

    /// <summary>
    /// Whether it is the torrent's own, so that it goes where the torrent is removed with its data: not what was there before the
    /// torrent, unless the torrent has written all of it that was missing.
    /// </summary>
    public bool IsOwn { get; init; }

    /// <summary>What else the torrent says of it (BEP 47): executable, hidden, a link.</summary>
    public TorrentFileAttributes Attributes { get; init; }

    /// <summary>
    /// For a link, the path of the file or folder that it leads to, as <see cref="Path"/> has it; null for a link that leads to nothing in the
    /// torrent, and for files.
    /// </summary>
    public string? LinkTarget { get; init; }

    /// <summary>Whether every byte of it is verified and written.</summary>
    public bool IsComplete => CompletedSize == Length;

    /// <summary>Share of its bytes that are verified and written, 0 to 100.</summary>
    public double PercentComplete => Length == 0 ? 100 : 100.0 * CompletedSize / Length;
}
