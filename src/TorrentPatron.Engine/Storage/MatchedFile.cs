namespace TorrentPatron.Engine.Storage;

/// <summary>What a folder has of one of a torrent's files. Immutable; sizes are bytes.</summary>
/// <param name="Path">Where the torrent has it, with <c>/</c> as separator; safe to print.</param>
/// <param name="Length">Its size.</param>
public sealed record MatchedFile(string Path, long Length)
{
    /// <summary>Where it was found, an absolute path, which is not made safe to print; null means nowhere.</summary>
    public string? FoundPath { get; init; }

    /// <summary>Whether it was found by its size and its hash, under a different name or in a different folder.</summary>
    public bool IsRenamed { get; init; }

    /// <summary>Bytes of it that lie in good pieces.</summary>
    public long CompletedSize { get; init; }

    /// <summary>Whether each of its bytes lies in a good piece; so it is with a file that has none.</summary>
    public bool IsComplete => CompletedSize == Length;
}
