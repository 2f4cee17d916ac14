using System.Management.Automation;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>Ends a session's patrons when the module is removed from it.</summary>
public sealed class ModuleCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => RunspacePatrons.EndCurrent();
}
