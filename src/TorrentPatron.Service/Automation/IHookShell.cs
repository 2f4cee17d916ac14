using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Automation;

/// <summary>Runs scripts in processes of their own; tests bring another one.</summary>
internal interface IHookShell
{
    /// <summary>Why no script can be run; null: it can.</summary>
    TorrentError? Fault { get; }

    /// <summary>Runs a script to its end.</summary>
    /// <param name="start">What to run.</param>
    /// <param name="kill">Kills it, with its children.</param>
    /// <exception cref="Errors.TorrentException">It could not be started.</exception>
    Task<HookExit> RunAsync(HookStart start, CancellationToken kill);
}

/// <summary>What to run.</summary>
/// <param name="Script">Full path of the script.</param>
/// <param name="Variables">What its environment has besides the service's own.</param>
/// <param name="Input">What it reads from its standard input.</param>
internal sealed record HookStart(string Script, IReadOnlyList<(string Name, string Value)> Variables, byte[] Input);

/// <summary>How a script ended.</summary>
/// <param name="ExitCode">Its exit code; null: it was killed.</param>
/// <param name="Output">The beginning of what it wrote.</param>
internal sealed record HookExit(int? ExitCode, string Output);
