using System.Collections.ObjectModel;
using System.Management.Automation;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.Service;
using TorrentPatron.Service.Automation;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Registers a script that the service runs for events of its torrents.</summary>
[Cmdlet(VerbsLifecycle.Register, "TorrentHook", DefaultParameterSetName = ScriptBlockSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentHook))]
public sealed class RegisterTorrentHookCommand : HookCmdlet
{
    private const string ScriptBlockSet = "ScriptBlock";
    private const string ScriptPathSet = "ScriptPath";

    /// <summary>The events that run the script.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public TorrentHookEvent[] On { get; set; } = [];

    /// <summary>The script, saved as text.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ScriptBlockSet)]
    [ValidateNotNull]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>The .ps1 file to run, as the service sees it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ScriptPathSet)]
    [PathTransformation]
    [ValidateNotNullOrEmpty]
    public string? ScriptPath { get; set; }

    /// <summary>The name of the hook; by default a new name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Only for torrents whose names match these names or patterns, or whose info hashes begin like this.</summary>
    [Parameter]
    [NameTransformation]
    [ArgumentCompleter(typeof(TorrentNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Torrent { get; set; } = [];

    /// <summary>Only for torrents that have one of these tags.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    [ValidateTag]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = [];

    /// <summary>How long a run may take, in seconds, before the service kills it.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int TimeoutSeconds { get; set; } = (int)TorrentHook.DefaultTimeout.TotalSeconds;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        var hook = new TorrentHook
        {
            Name = Name ?? $"hook-{Guid.NewGuid().ToString("N")[..8]}",
            On = new ReadOnlyCollection<TorrentHookEvent>(On),
            ScriptBlock = ScriptBlock?.ToString(),
            ScriptPath = ScriptPath is null ? null : this.ResolveDestination(ScriptPath),
            Torrents = new ReadOnlyCollection<string>(Torrent),
            Tags = new ReadOnlyCollection<string>(Tag),
            Timeout = TimeSpan.FromSeconds(TimeoutSeconds),
        };
        ITorrentService service = Service;
        if (!ShouldProcess(hook.Name, "Register hook"))
            return;
        Run(async (output, cancellation) =>
        {
            TorrentHook registered = await service.Hooks.RegisterAsync(hook, cancellation).ConfigureAwait(false);
            if (!registered.IsSaved)
                await output.TellAsync($"The hook '{registered.Name}' ends with this session. To keep hooks, register them with a service (Connect-TorrentPatron).").ConfigureAwait(false);
            await output.EmitAsync(registered).ConfigureAwait(false);
        });
    }
}
