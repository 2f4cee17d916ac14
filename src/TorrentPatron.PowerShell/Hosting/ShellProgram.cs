using System.Management.Automation;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>The program that starts a PowerShell like this one, as a scheduler or a systemd unit names it.</summary>
/// <param name="Path">Full path of the program.</param>
/// <param name="Arguments">The arguments that come before PowerShell's own.</param>
internal sealed record ShellProgram(string Path, IReadOnlyList<string> Arguments)
{
    private const string Shell = "pwsh";

    /// <summary>The PowerShell that runs this code.</summary>
    /// <exception cref="TorrentException">This process is a different host of PowerShell, and there is no pwsh beside its assemblies.</exception>
    public static ShellProgram Current => Find(
        Environment.ProcessPath, System.IO.Path.GetDirectoryName(typeof(PSObject).Assembly.Location) ?? "", OperatingSystem.IsWindows(), File.Exists);

    /// <summary>Whether a PowerShell exits after the command or script on its command line.</summary>
    /// <param name="commandLine">The program or its library, and the arguments.</param>
    public static bool EndsWithItsCommand(IEnumerable<string> commandLine)
    {
        foreach (string argument in commandLine.Skip(1))
        {
            string name = argument.TrimStart('-').ToUpperInvariant();
            if (!argument.StartsWith('-'))
            {
                if (argument.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase))
                    return true;
            }
            else if (Is("NOEXIT", 3))
            {
                return false;
            }
            else if (name is "C" or "CWA" or "F" or "E" or "EC" || Is("COMMANDWITHARGS", 2) || Is("FILE", 2) || Is("ENCODEDCOMMAND", 2))
            {
                return true;
            }

            // PowerShell accepts the beginning of a parameter's name.
            bool Is(string option, int shortest) => name.Length >= shortest && option.StartsWith(name, StringComparison.Ordinal);
        }

        return false;
    }

    /// <summary>The testable part of <see cref="Current"/>.</summary>
    /// <param name="process">Path of this process' program.</param>
    /// <param name="home">The folder of PowerShell's assemblies.</param>
    /// <param name="isWindows">Whether programs have an extension.</param>
    /// <param name="exists">Whether a file exists.</param>
    internal static ShellProgram Find(string? process, string home, bool isWindows, Func<string, bool> exists)
    {
        string name = System.IO.Path.GetFileNameWithoutExtension(process) ?? "";
        string library = System.IO.Path.Combine(home, Shell + ".dll"), beside = System.IO.Path.Combine(home, isWindows ? Shell + ".exe" : Shell);

        // The .NET tool: its own pwsh is a parent process that does not forward signals.
        if (process is not null && name.Equals("dotnet", StringComparison.OrdinalIgnoreCase) && exists(library))
            return new ShellProgram(process, [library]);
        if (process is not null && name.Equals(Shell, StringComparison.OrdinalIgnoreCase))
            return new ShellProgram(process, []);
        return exists(beside) ? new ShellProgram(beside, []) : throw new TorrentException(CommandErrors.NoShell);
    }
}
