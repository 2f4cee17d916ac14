using TorrentPatron.Service;
using TorrentPatron.Service.Automation;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet about the hooks of the service of a patron: the one given, or the session's default.</summary>
public abstract class HookCmdlet : PatronCmdlet
{
    /// <summary>The hooks. On the pipeline thread.</summary>
    private protected ITorrentHooks Hooks => Service.Hooks;

    /// <summary>The service. On the pipeline thread.</summary>
    private protected ITorrentService Service => (Patron ?? Session.Default()).Service;
}
