using System.Collections.ObjectModel;
using TorrentPatron.Engine.Storage;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>The data that a folder has for a torrent that is not started. Immutable.</summary>
public sealed record TorrentDataCheck
{
    internal TorrentDataCheck(DataMatch match)
    {
        TorrentName = match.Name;
        InfoHash = match.Torrent.ToString();
        IsComplete = match.IsComplete;
        BadPieces = match.BadPieces;
        Files = [.. match.Files.Select(file => new TorrentDataFile(file))];
        BadFiles = [.. Files.Where(file => !file.IsComplete)];
    }

    /// <summary>The torrent's name.</summary>
    public string TorrentName { get; }

    /// <summary>The torrent's info hash, in lower-case hexadecimal digits.</summary>
    public string InfoHash { get; }

    /// <summary>Whether every byte is present.</summary>
    public bool IsComplete { get; }

    /// <summary>The pieces with missing or wrong bytes.</summary>
    public ReadOnlyCollection<int> BadPieces { get; }

    /// <summary>The files that contain bad pieces.</summary>
    public ReadOnlyCollection<TorrentDataFile> BadFiles { get; }

    /// <summary>All files except padding and links, and where each was found.</summary>
    public ReadOnlyCollection<TorrentDataFile> Files { get; }
}
