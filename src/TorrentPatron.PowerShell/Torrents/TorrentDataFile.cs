using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>What a folder has of one of a torrent's files. Immutable; sizes are bytes.</summary>
public sealed record TorrentDataFile
{
    internal TorrentDataFile(MatchedFile file)
    {
        Name = file.Path;
        Path = file.FoundPath;
        ShownPath = file.FoundPath is { } path ? DisplayText.Clean(path) : null;
        Length = file.Length;
        CompletedSize = file.CompletedSize;
        PercentComplete = file.Length == 0 ? 100 : 100.0 * file.CompletedSize / file.Length;
        IsComplete = file.IsComplete;
        IsRenamed = file.IsRenamed;
    }

    /// <summary>Where the torrent has it, with <c>/</c> as separator.</summary>
    public string Name { get; }

    /// <summary>Where it was found; null: nowhere.</summary>
    public string? Path { get; }

    /// <summary>Where it was found, safe to print.</summary>
    public string? ShownPath { get; }

    /// <summary>Its size.</summary>
    public long Length { get; }

    /// <summary>Bytes of it that lie in good pieces.</summary>
    public long CompletedSize { get; }

    /// <summary>Share of its bytes that lie in good pieces, 0 to 100.</summary>
    public double PercentComplete { get; }

    /// <summary>Whether each of its bytes lies in a good piece.</summary>
    public bool IsComplete { get; }

    /// <summary>Whether it was found by its size and hash, under a different name or in a different folder.</summary>
    public bool IsRenamed { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
