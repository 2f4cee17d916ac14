using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Unregisters scripts that the service runs for events of its torrents.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "TorrentHook", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class UnregisterTorrentHookCommand : HookCmdlet
{
    /// <summary>Names or patterns.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [NameTransformation]
    [ArgumentCompleter(typeof(HookCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        ITorrentHooks hooks = Hooks;
        string[] names = Name;
        Run(async (output, cancellation) =>
        {
            foreach (TorrentHook hook in await GetTorrentHookCommand.FindAsync(hooks, names, output, cancellation).ConfigureAwait(false))
            {
                if (!await output.ShouldProcessAsync(hook.Name, "Unregister hook").ConfigureAwait(false))
                    continue;
                try
                {
                    await hooks.UnregisterAsync(hook.Name, cancellation).ConfigureAwait(false);
                }
                catch (TorrentException fault)
                {
                    await output.FailAsync(new CommandFailure(fault.Error, hook.Name, fault.InnerException)).ConfigureAwait(false);
                }
            }
        });
    }
}
