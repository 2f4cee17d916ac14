using TorrentPatron.Service;
using TorrentPatron.Service.Automation;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet for the hooks of a patron's service; by default that of the session's default patron.</summary>
public abstract class HookCmdlet : PatronCmdlet
{
    /// <summary>The hooks. On the pipeline thread.</summary>
    private protected ITorrentHooks Hooks => Service.Hooks;

    /// <summary>The service. On the pipeline thread.</summary>
    private protected ITorrentService Service => (Patron ?? Session.Default()).Service;
}
