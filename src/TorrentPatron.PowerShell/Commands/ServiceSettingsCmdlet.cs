using System.Management.Automation;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that takes the settings of a new service.</summary>
public abstract class ServiceSettingsCmdlet : PatronSettingsCmdlet
{
    /// <summary>The folder of the saved state.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>The engine, by name; by default the built-in one.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(EngineCompleter))]
    [ValidateNotNullOrEmpty]
    public string Engine { get; set; } = BuiltInEngine.EngineName;

    /// <summary>Do not use the distributed hash table.</summary>
    [Parameter]
    public SwitchParameter DisableDht { get; set; }

    /// <summary>Do not look for peers in the local network.</summary>
    [Parameter]
    public SwitchParameter DisableLocalDiscovery { get; set; }

    /// <summary>Whether any setting of a service or its engine was given.</summary>
    private protected bool HasServiceSettings => HasSettings || StatePath is not null || DisableDht || DisableLocalDiscovery
        || MyInvocation.BoundParameters.ContainsKey(nameof(Engine));

    /// <summary>The folder of the saved state; by default the user's own.</summary>
    private protected string ResolveStatePath() => StatePath is null ? DefaultStatePath : this.ResolveDestination(StatePath);

    /// <summary>The default folder of the saved state.</summary>
    private protected virtual string DefaultStatePath => StateFolder.DefaultPathIn(() => this.ResolveDestination(path: null));

    /// <summary>The given settings, with defaults for the others. Does not read filter files.</summary>
    /// <exception cref="TorrentException">The proxy, or its user or password, is invalid.</exception>
    private protected ServiceSettings Settings() => new()
    {
        Engine = Engine,
        StatePath = ResolveStatePath(),
        Client = Over(new ClientSettings
        {
            Dht = DisableDht ? new DhtSettings() : DiscoveryDefaults.Dht,
            LocalDiscovery = !DisableLocalDiscovery && DiscoveryDefaults.LocalDiscovery,
            PortMapping = DiscoveryDefaults.PortMapping,
        }),
    };

    /// <summary>The given settings by parameter name, with full paths; always includes the folder of the saved state.</summary>
    private protected IReadOnlyList<KeyValuePair<string, object?>> GivenSettings() =>
    [
        new(nameof(StatePath), ResolveStatePath()),
        .. from parameter in typeof(ServiceSettingsCmdlet).GetProperties()
           where parameter.Name != nameof(StatePath) && parameter.IsDefined(typeof(ParameterAttribute), inherit: true)
               && MyInvocation.BoundParameters.ContainsKey(parameter.Name)
           select KeyValuePair.Create(parameter.Name, parameter.Name == nameof(IPFilter) ? FilterPaths() : parameter.GetValue(this)),
    ];
}
