using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Routing;

/// <summary>Warns if a start does not do what was asked for, or looks like a mistake. Looks at the disk.</summary>
/// <param name="order">The start.</param>
internal sealed class StartWarnings(StartOrder order)
{
    /// <summary>Number of files to look for, to find out where a torrent's data is.</summary>
    private const int FilesLookedFor = 5;

    /// <summary>The warnings for a torrent that already runs.</summary>
    /// <param name="running">Its status.</param>
    /// <param name="metainfo">Its metainfo; null if it is not known.</param>
    public IReadOnlyList<TorrentError> OfJoin(TorrentStatus running, TorrentMetainfo? metainfo)
    {
        var warnings = new List<TorrentError>(MissingFiles(metainfo));
        if (order.Request.Destination is { } destination && !IsSame(destination, running.Destination))
            warnings.Add(ServiceErrors.RunsElsewhere(running, destination));
        if (order.Request.Suspended && running.State != TorrentState.Suspended)
            warnings.Add(ServiceErrors.NotSuspended(running.Name));
        if (order.Request.Reuse is not null && !running.IsComplete)
            warnings.Add(ServiceErrors.RunsWithoutReuse(running.Name));
        return warnings;
    }

    /// <summary>The warnings for a torrent that does not run yet.</summary>
    /// <param name="metainfo">Its metainfo; null if it is not known.</param>
    /// <param name="isSaved">Whether an earlier run has saved it.</param>
    /// <param name="savedDestination">The saved folder of its files; null if it is not known.</param>
    public IReadOnlyList<TorrentError> OfStart(TorrentMetainfo? metainfo, bool isSaved, string? savedDestination)
    {
        var warnings = new List<TorrentError>(MissingFiles(metainfo));
        string name = metainfo?.Name ?? order.Magnet?.Name ?? order.TorrentId.ToString();
        if (savedDestination is { } before && !IsSame(order.Destination, before))
            warnings.Add(ServiceErrors.SavedElsewhere(name, before, order.Destination));
        else if (metainfo is not null && IsOwnFolder(metainfo))
            warnings.Add(ServiceErrors.OwnFolder(name, order.Destination));
        // Only once: it is the same at every start of the torrent.
        if (!isSaved && order.UnsupportedTrackers is { Count: > 0 } trackers)
            warnings.Add(ServiceErrors.TrackersIgnored(name, trackers));
        return warnings;
    }

    private static bool IsSame(string one, string other) =>
        string.Equals(
            Path.TrimEndingDirectorySeparator(Path.GetFullPath(one)), Path.TrimEndingDirectorySeparator(Path.GetFullPath(other)),
            OperatingSystem.IsWindows() || OperatingSystem.IsMacOS() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    private IEnumerable<TorrentError> MissingFiles(TorrentMetainfo? metainfo) => metainfo is null
        ? []
        : order.Selection?.Missing(metainfo).Select(missing => ServiceErrors.NoSuchFile(missing, metainfo.Name)) ?? [];

    /// <summary>Whether the destination is the torrent's own folder with its files, so that they would be downloaded again one folder below.</summary>
    private bool IsOwnFolder(TorrentMetainfo metainfo)
    {
        string folder = Path.TrimEndingDirectorySeparator(order.Destination);
        if (Path.GetFileName(folder) != metainfo.Name || Path.GetDirectoryName(folder) is not { } parent)
            return false;
        string[] files = [.. metainfo.Files.Where(file => file is { IsPadding: false, Length: > 0 }).Take(FilesLookedFor).Select(file => file.Path)];
        return Array.Exists(files, file => File.Exists(Path.Combine(parent, file)))
            && !Array.Exists(files, file => File.Exists(Path.Combine(folder, file)));
    }
}
