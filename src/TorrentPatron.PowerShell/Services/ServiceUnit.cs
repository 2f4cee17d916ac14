using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Services;

/// <summary>A service as the system should run it.</summary>
/// <param name="Shell">The PowerShell that hosts it.</param>
/// <param name="Command">The command that PowerShell runs.</param>
/// <param name="Scope">Whose service it is.</param>
internal sealed record ServiceUnit(ShellProgram Shell, string Command, ServiceScope Scope)
{
    /// <summary>The name of the unit, without an extension.</summary>
    public const string Name = "torrentpatron";

    /// <summary>The user that the machine's service runs as.</summary>
    public const string MachineUser = "torrentpatron";

    /// <summary>The folders that the service may write to besides its state: the machine's roots.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [];

    /// <summary>The folder of the saved state; null means the system's folder for the unit.</summary>
    public string? StatePath { get; init; }

    /// <summary>Whether the first connection starts it, rather than the system's start.</summary>
    public bool IsOnDemand { get; init; }

    /// <summary>The group whose members may control the machine's service; null means no group.</summary>
    public string? Group { get; init; }

    /// <summary>Whether members of groups may connect to the machine's service.</summary>
    public bool HasGroups { get; init; }

    /// <summary>The folder of .NET, for a program that does not find it by itself; null if it does.</summary>
    public string? DotNetRoot { get; init; }

    /// <summary>The program and its arguments.</summary>
    public IReadOnlyList<string> CommandLine => [Shell.Path, .. Shell.Arguments, "-NoProfile", "-NonInteractive", "-Command", Command];
}
