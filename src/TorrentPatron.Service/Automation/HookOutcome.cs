namespace TorrentPatron.Service.Automation;

/// <summary>How a run of a hook ended.</summary>
public enum HookOutcome
{
    /// <summary>The script ended with exit code 0.</summary>
    Succeeded,

    /// <summary>The script ended with another exit code.</summary>
    Failed,

    /// <summary>The script took longer than it may, and was killed.</summary>
    TimedOut,

    /// <summary>The script could not be run.</summary>
    NotStarted,

    /// <summary>The service ended first, and the script was killed.</summary>
    Stopped,
}
