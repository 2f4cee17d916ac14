namespace TorrentPatron.Cli;

/// <summary>The exit codes of the process.</summary>
internal static class ExitCode
{
    /// <summary>Success.</summary>
    public const int Done = 0;

    /// <summary>A failure; a line on the error output describes it.</summary>
    public const int Failed = 1;

    /// <summary>Ctrl-C ended the command early: 128 + SIGINT, as in shells.</summary>
    public const int Interrupted = 130;

    /// <summary>Closing the terminal ended the command early: 128 + SIGHUP.</summary>
    public const int HungUp = 129;

    /// <summary>SIGTERM ended the command early: 128 + SIGTERM.</summary>
    public const int Terminated = 143;
}
