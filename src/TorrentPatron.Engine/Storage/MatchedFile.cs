namespace TorrentPatron.Engine.Storage;

/// <summary>The part of one of a torrent's files that a folder contains. Immutable; sizes are bytes.</summary>
/// <param name="Path">Its path in the torrent, with <c>/</c> as separator; safe to print.</param>
/// <param name="Length">Its size.</param>
public sealed record MatchedFile(string Path, long Length)
{
    /// <summary>The absolute path where it was found, not made safe to print; null if it was not.</summary>
    public string? FoundPath { get; init; }

    /// <summary>Whether it was found by its size and its hash, under a different name or in a different folder.</summary>
    public bool IsRenamed { get; init; }

    /// <summary>Bytes of it in good pieces.</summary>
    public long CompletedSize { get; init; }

    /// <summary>Whether all of its bytes are in good pieces; true for an empty file.</summary>
    public bool IsComplete => CompletedSize == Length;
}
