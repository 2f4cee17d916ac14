using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Contract;

#pragma warning disable SA1402, SA1649 // Small types that belong together.

/// <summary>A hook on the wire, to be registered or as it is.</summary>
internal sealed class HookWireDto
{
    public string? Name { get; set; }

    /// <summary>Names of the events.</summary>
    public string[]? On { get; set; }

    public string? ScriptPath { get; set; }

    public string? ScriptBlock { get; set; }

    public string[]? Torrents { get; set; }

    public string[]? Tags { get; set; }

    /// <summary>How long a run may take, in seconds; omitted for the default.</summary>
    public double? Timeout { get; set; }

    public DateTimeOffset? RegisteredAt { get; set; }

    public bool IsSaved { get; set; }

    public int Runs { get; set; }

    public int Failures { get; set; }

    public int Skipped { get; set; }

    public HookRunDto[]? History { get; set; }

    public static HookWireDto Of(TorrentHook hook) => new()
    {
        Name = hook.Name,
        On = Wire.OfList(hook.On, happened => happened.ToString()),
        ScriptPath = hook.ScriptPath,
        ScriptBlock = hook.ScriptBlock,
        Torrents = Wire.OfList(hook.Torrents, text => text),
        Tags = Wire.OfList(hook.Tags, text => text),
        Timeout = Wire.OfTime(hook.Timeout),
        RegisteredAt = hook.RegisteredAt == default ? null : hook.RegisteredAt,
        IsSaved = hook.IsSaved,
        Runs = hook.Runs,
        Failures = hook.Failures,
        Skipped = hook.Skipped,
        History = Wire.OfList(hook.History, HookRunDto.Of),
    };

    /// <summary>Reads it as it is.</summary>
    public TorrentHook ToHook() => new()
    {
        Name = Name ?? "",
        On = HookRules.EventsOf(On),
        ScriptPath = ScriptPath,
        ScriptBlock = ScriptBlock,
        Torrents = Wire.ToList(Torrents, text => text),
        Tags = Wire.ToList(Tags, text => text),
        Timeout = Wire.ToTime(Timeout) ?? TorrentHook.DefaultTimeout,
        RegisteredAt = RegisteredAt ?? default,
        IsSaved = IsSaved,
        Runs = Runs,
        Failures = Failures,
        Skipped = Skipped,
        History = Wire.ToList(History, run => run.ToRun()),
    };

    /// <summary>Reads a hook to register; an unknown event is an error.</summary>
    /// <exception cref="TorrentException">An event is unknown.</exception>
    public TorrentHook ToNewHook()
    {
        TorrentHook hook = ToHook();
        foreach (string name in On ?? [])
        {
            if (HookRules.EventsOf([name]).Count == 0)
                throw new TorrentException(ContractErrors.InvalidValue(name ?? "", "an event of a hook"));
        }

        return hook;
    }
}

/// <summary>One run of a hook on the wire.</summary>
internal sealed class HookRunDto
{
    public string? Event { get; set; }

    public string? Torrent { get; set; }

    public string? InfoHash { get; set; }

    public string? Outcome { get; set; }

    public int? ExitCode { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public double Duration { get; set; }

    public string? Output { get; set; }

    public ErrorDto? Error { get; set; }

    public static HookRunDto Of(HookRun run) => new()
    {
        Event = run.Event.ToString(),
        Torrent = run.Torrent,
        InfoHash = run.InfoHash,
        Outcome = run.Outcome.ToString(),
        ExitCode = run.ExitCode,
        StartedAt = run.StartedAt,
        Duration = run.Duration.TotalSeconds,
        Output = run.Output.Length == 0 ? null : run.Output,
        Error = ErrorDto.Of(run.Error),
    };

    public HookRun ToRun() => new()
    {
        Event = Wire.ToEnum<TorrentHookEvent>(Event),
        Torrent = Torrent ?? "",
        InfoHash = InfoHash ?? "",
        Outcome = Wire.ToEnum(Outcome, HookOutcome.NotStarted),
        ExitCode = ExitCode,
        StartedAt = StartedAt,
        Duration = Wire.ToTime(Duration),
        Output = Output ?? "",
        Error = Error?.ToError(),
    };
}

/// <summary>The hooks of a service.</summary>
internal sealed class HooksDto
{
    /// <summary>Maximum number of characters of scripts and outputs in one part: as JSON they fit into a line.</summary>
    private const int MostInPart = 1 << 20;

    public HookWireDto[]? Hooks { get; set; }

    /// <summary>Total number of hooks.</summary>
    public int Total { get; set; }

    /// <summary>A part of the hooks: at least one, if there is one.</summary>
    /// <param name="hooks">All hooks.</param>
    /// <param name="offset">The index of the first hook, from 0.</param>
    public static HooksDto Of(IReadOnlyList<TorrentHook> hooks, int offset)
    {
        var part = new List<HookWireDto>();
        int weight = 0;
        foreach (TorrentHook hook in hooks.Skip(Math.Max(offset, 0)))
        {
            weight += (hook.ScriptBlock?.Length ?? 0) + hook.History.Sum(run => run.Output.Length);
            if (part.Count > 0 && weight > MostInPart)
                break;
            part.Add(HookWireDto.Of(hook));
        }

        return new HooksDto { Hooks = [.. part], Total = hooks.Count };
    }
}

/// <summary>Names a hook.</summary>
internal sealed class HookNameDto
{
    public string? Name { get; set; }
}
