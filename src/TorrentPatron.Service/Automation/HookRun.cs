using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Automation;

/// <summary>One run of a hook.</summary>
public sealed record HookRun
{
    /// <summary>The event.</summary>
    public required TorrentHookEvent Event { get; init; }

    /// <summary>The torrent's name, safe to print.</summary>
    public required string Torrent { get; init; }

    /// <summary>The torrent's info hash as 40 lower-case hexadecimal digits.</summary>
    public required string InfoHash { get; init; }

    /// <summary>How it ended.</summary>
    public required HookOutcome Outcome { get; init; }

    /// <summary>The script's exit code; null if it did not end by itself.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When it began (UTC).</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The beginning of its output, including errors, safe to print; at most 4,096 characters.</summary>
    public string Output { get; init; } = "";

    /// <summary>Why it could not be run or was killed; otherwise null.</summary>
    public TorrentError? Error { get; init; }

    /// <summary>The event, the torrent and the outcome.</summary>
    public override string ToString() =>
        $"{Event} of {Torrent}: {Outcome}{(ExitCode is { } code and not 0 ? FormattableString.Invariant($" ({code})") : "")}";
}
