namespace TorrentPatron.Cli;

/// <summary>What the process says at its end to whoever started it.</summary>
internal static class ExitCode
{
    /// <summary>Everything asked for was done.</summary>
    public const int Done = 0;

    /// <summary>Something failed; a line on the error output says what.</summary>
    public const int Failed = 1;

    /// <summary>Ctrl-C came before everything was done: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <summary>The terminal was closed before everything was done: 128 + SIGHUP.</summary>
    public const int HungUp = 129;

    /// <summary>It was told to end before everything was done: 128 + SIGTERM.</summary>
    public const int Terminated = 143;
}
