using System.Management.Automation;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Tells what a cmdlet was given, from what it has by default.</summary>
internal static class BoundParameters
{
    /// <summary>The parameters that were given, as the cmdlet has them: converted, a switch as whether it is on.</summary>
    public static IReadOnlyDictionary<string, object?> Given(this PSCmdlet cmdlet) => cmdlet.MyInvocation.BoundParameters
        .ToDictionary(pair => pair.Key, pair => pair.Value is SwitchParameter given ? given.IsPresent : (object?)pair.Value);
}
