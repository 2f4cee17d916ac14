using System.Collections.ObjectModel;

namespace TorrentPatron.Service.Automation;

/// <summary>A script that a service runs for events of its torrents. An immutable snapshot.</summary>
public sealed record TorrentHook
{
    /// <summary>Maximum number of hooks of a service.</summary>
    public const int Most = 100;

    /// <summary>Maximum length of a name in characters.</summary>
    public const int LongestName = 100;

    /// <summary>Maximum number of names, and of tags, of one hook.</summary>
    public const int MostFilters = 100;

    /// <summary>Maximum length, in characters, of a script that is given as text.</summary>
    public const int LongestScript = 128 * 1024;

    /// <summary>The default of <see cref="Timeout"/>.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest <see cref="Timeout"/>.</summary>
    public static TimeSpan LongestTimeout { get; } = TimeSpan.FromDays(1);

    /// <summary>Its name, unique in the service.</summary>
    public required string Name { get; init; }

    /// <summary>The events that run it.</summary>
    public required ReadOnlyCollection<TorrentHookEvent> On { get; init; }

    /// <summary>Full path of the script, as the service sees it; null if the script was given as text.</summary>
    public string? ScriptPath { get; init; }

    /// <summary>The script's text; null if it was given as a path.</summary>
    public string? ScriptBlock { get; init; }

    /// <summary>The torrents that it runs for: names, patterns, or prefixes of info hashes (4 digits or more); empty means all.</summary>
    public ReadOnlyCollection<string> Torrents { get; init; } = [];

    /// <summary>Tags, of which a torrent must have one; empty means any torrent.</summary>
    public ReadOnlyCollection<string> Tags { get; init; } = [];

    /// <summary>How long a run may take before it is killed.</summary>
    public TimeSpan Timeout { get; init; } = DefaultTimeout;

    /// <summary>When it was registered (UTC).</summary>
    public DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Whether it is saved with the service; otherwise it ends with the process.</summary>
    public bool IsSaved { get; init; }

    /// <summary>Number of runs since the service started, including failed ones.</summary>
    public int Runs { get; init; }

    /// <summary>Number of runs that did not succeed.</summary>
    public int Failures { get; init; }

    /// <summary>Number of events for which it did not run because too many were waiting.</summary>
    public int Skipped { get; init; }

    /// <summary>The latest 10 runs, the last one first.</summary>
    public ReadOnlyCollection<HookRun> History { get; init; } = [];

    /// <summary>The last run; null if there is none since the service started.</summary>
    public HookRun? LastRun => History.Count == 0 ? null : History[0];

    /// <summary>The name and the events.</summary>
    public override string ToString() => $"{Name} ({string.Join(", ", On)})";
}
