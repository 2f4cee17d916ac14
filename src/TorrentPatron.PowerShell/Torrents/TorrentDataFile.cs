using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>The data that a folder has for one of a torrent's files. Immutable; sizes are bytes.</summary>
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

    /// <summary>Its path in the torrent, with <c>/</c> as separator.</summary>
    public string Name { get; }

    /// <summary>The path where it was found; null if it was not.</summary>
    public string? Path { get; }

    /// <summary>The path where it was found, safe to print.</summary>
    public string? ShownPath { get; }

    /// <summary>Its size.</summary>
    public long Length { get; }

    /// <summary>Number of its bytes in good pieces.</summary>
    public long CompletedSize { get; }

    /// <summary>Percentage of its bytes in good pieces, 0 to 100.</summary>
    public double PercentComplete { get; }

    /// <summary>Whether all its bytes are in good pieces.</summary>
    public bool IsComplete { get; }

    /// <summary>Whether it was found by its size and hash, under a different name or in a different folder.</summary>
    public bool IsRenamed { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
