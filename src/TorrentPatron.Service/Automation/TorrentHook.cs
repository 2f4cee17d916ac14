using System.Collections.ObjectModel;

namespace TorrentPatron.Service.Automation;

/// <summary>A script that a service runs when something happens to its torrents. An immutable snapshot.</summary>
public sealed record TorrentHook
{
    /// <summary>The most hooks of a service.</summary>
    public const int Most = 100;

    /// <summary>The most characters of a name.</summary>
    public const int LongestName = 100;

    /// <summary>The most names, or tags, that one hook is for.</summary>
    public const int MostFilters = 100;

    /// <summary>The most characters of a script that is given as text.</summary>
    public const int LongestScript = 128 * 1024;

    /// <summary>How long a script may take where nothing else is said.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest time that a script may be given.</summary>
    public static TimeSpan LongestTimeout { get; } = TimeSpan.FromDays(1);

    /// <summary>Its name, by which no other is called.</summary>
    public required string Name { get; init; }

    /// <summary>The events that run it.</summary>
    public required ReadOnlyCollection<TorrentHookEvent> On { get; init; }

    /// <summary>Full path of the script, as the service sees it; null where the script was given as text.</summary>
    public string? ScriptPath { get; init; }

    /// <summary>The script's text; null where it was given as a path.</summary>
    public string? ScriptBlock { get; init; }

    /// <summary>The torrents that it is for: names, patterns of names, or beginnings of info hashes (4 digits or more); none: all.</summary>
    public ReadOnlyCollection<string> Torrents { get; init; } = [];

    /// <summary>Tags, one of which a torrent must have; none: any torrent.</summary>
    public ReadOnlyCollection<string> Tags { get; init; } = [];

    /// <summary>How long a run may take; then it is killed.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>When it was registered (UTC).</summary>
    public DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Whether it is saved with the service; else it ends with the process.</summary>
    public bool IsSaved { get; init; }

    /// <summary>Number of runs since the service started, those that failed included.</summary>
    public int Runs { get; init; }

    /// <summary>Number of those that did not succeed.</summary>
    public int Failures { get; init; }

    /// <summary>Number of events that it was not run for, because too many were waiting.</summary>
    public int Skipped { get; init; }

    /// <summary>The latest 10 runs, the last one first.</summary>
    public ReadOnlyCollection<HookRun> History { get; init; } = [];

    /// <summary>The last run; null: none since the service started.</summary>
    public HookRun? LastRun => History.Count == 0 ? null : History[0];

    /// <summary>The name and the events.</summary>
    public override string ToString() => $"{Name} ({string.Join(", ", On)})";
}
