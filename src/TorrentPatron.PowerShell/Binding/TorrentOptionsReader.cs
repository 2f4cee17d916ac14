using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.PowerShell.Binding;

/// <summary>Makes a torrent's options from the parameters that Start-Torrent and Set-Torrent share.</summary>
/// <param name="bound">The parameters that were given, by name.</param>
internal sealed class TorrentOptionsReader(IReadOnlyDictionary<string, object?> bound)
{
    private const string SeedRatio = "SeedRatio";
    private const string SeedTime = "SeedTime";

    /// <summary>Whether any option was given.</summary>
    public bool IsAny => For(null) != TorrentOptions.Unchanged;

    /// <summary>The options for a torrent; options that were not given stay unchanged.</summary>
    /// <param name="torrent">The torrent's status, to complete a seed goal of which only one half was given; null for a torrent that is being started.</param>
    public TorrentOptions For(TorrentStatus? torrent) => new()
    {
        MaxDownloadRate = (long?)Given("MaxDownloadRate"),
        MaxUploadRate = (long?)Given("MaxUploadRate"),
        MinimumFreeSpace = (long?)Given("MinimumFreeSpace"),
        QueuePosition = (int?)Given("QueuePosition"),
        Sequential = (bool?)Given("Sequential"),
        SuperSeeding = (bool?)Given("SuperSeeding"),
        Tags = Tags("Tag"),
        AddTags = Tags("AddTag"),
        RemoveTags = Tags("RemoveTag"),
        Goal = bound.ContainsKey(SeedRatio) || bound.ContainsKey(SeedTime)
            ? new SeedGoal(
                bound.ContainsKey(SeedRatio) ? (double?)Given(SeedRatio) : torrent?.SeedRatio,
                bound.ContainsKey(SeedTime) ? (TimeSpan?)Given(SeedTime) : torrent?.SeedTime)
            : null,
    };

    private ReadOnlyCollection<string>? Tags(string name) =>
        Given(name) is string[] tags ? [.. tags.Select(DisplayText.Clean).Distinct(StringComparer.OrdinalIgnoreCase)] : null;

    private object? Given(string name) => bound.GetValueOrDefault(name);
}
