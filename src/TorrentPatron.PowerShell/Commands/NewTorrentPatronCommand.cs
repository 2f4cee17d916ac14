using System.Management.Automation;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>
/// Makes a patron: a handle on torrents, with events. One with settings of its own gets an engine of its own; any other
/// shares the session's.
/// </summary>
[Cmdlet(VerbsCommon.New, "TorrentPatron")]
[OutputType(typeof(Patron))]
public sealed class NewTorrentPatronCommand : PatronSettingsCmdlet
{
    /// <summary>What to call it.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>The folder of the saved state.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>The engine, by name; by default the built-in one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(EngineCompleter))]
    [ValidateNotNullOrEmpty]
    public string Engine { get; set; } = BuiltInEngine.EngineName;

    /// <summary>Takes no part in the distributed hash table.</summary>
    [Parameter]
    public SwitchParameter DisableDht { get; set; }

    /// <summary>Does not look for peers in the local network.</summary>
    [Parameter]
    public SwitchParameter DisableLocalDiscovery { get; set; }

    private bool IsOwn => HasSettings || StatePath is not null || DisableDht || DisableLocalDiscovery ||
        MyInvocation.BoundParameters.ContainsKey(nameof(Engine));

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            ServiceSettings? settings = IsOwn ? Settings() : null;
            if (HasFilter)
            {
                string[] paths = FilterPaths();
                Run(async (output, cancellation) => settings =
                    settings! with { Client = await FilterAsync(settings.Client, paths, output, cancellation).ConfigureAwait(false) });
            }

            if (settings is not null && VainIn(settings.Client) is { } vain)
                WriteWarning(vain);
            WriteObject(RunspacePatrons.Current.Create(Name, settings));
        }
        catch (TorrentException fault)
        {
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(fault.Error, Engine, fault.InnerException)));
        }
    }

    private ServiceSettings Settings() => new()
    {
        Engine = Engine,
        StatePath = StatePath is null
            ? StateFolder.DefaultPathIn(() => this.ResolveDestination(path: null))
            : this.ResolveDestination(StatePath),
        Client = Over(new ClientSettings
        {
            Dht = DisableDht ? new DhtSettings() : DiscoveryDefaults.Dht,
            LocalDiscovery = !DisableLocalDiscovery && DiscoveryDefaults.LocalDiscovery,
            PortMapping = DiscoveryDefaults.PortMapping,
        }),
    };
}
