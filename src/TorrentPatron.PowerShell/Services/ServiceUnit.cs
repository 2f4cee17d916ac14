using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Services;

/// <summary>A service as a system is to run it.</summary>
/// <param name="Shell">The PowerShell that hosts it.</param>
/// <param name="Command">What that runs.</param>
/// <param name="Scope">Whose service it is.</param>
internal sealed record ServiceUnit(ShellProgram Shell, string Command, ServiceScope Scope)
{
    /// <summary>The name of the unit, without an extension.</summary>
    public const string Name = "torrentpatron";

    /// <summary>The user as whom the machine's service runs.</summary>
    public const string MachineUser = "torrentpatron";

    /// <summary>The folders that the service may write beside its state: the machine's roots.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>The folder of the saved state; null: the system's for the unit.</summary>
    public string? StatePath { get; init; }

    /// <summary>Whether the first connection starts it, in place of the system's start.</summary>
    public bool IsOnDemand { get; init; }

    /// <summary>The group whose members may steer the machine's service; null: none.</summary>
    public string? Group { get; init; }

    /// <summary>Whether members of groups may connect to the machine's service.</summary>
    public bool HasGroups { get; init; }

    /// <summary>Where .NET is, for a program that does not find it by itself; null: it does.</summary>
    public string? DotNetRoot { get; init; }

    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> CommandLine => [Shell.Path, .. Shell.Arguments, "-NoProfile", "-NonInteractive", "-Command", Command];
}
