namespace TorrentPatron.Service.Automation;

/// <summary>How a run of a hook ended.</summary>
public enum HookOutcome
{
    /// <summary>The script ended with exit code 0.</summary>
    Succeeded,

    /// <summary>The script ended with a different exit code.</summary>
    Failed,

    /// <summary>The script exceeded its timeout and was killed.</summary>
    TimedOut,

    /// <summary>The script could not be run.</summary>
    NotStarted,

    /// <summary>The service stopped first, and killed the script.</summary>
    Stopped,
}
