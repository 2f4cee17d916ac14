using System.Management.Automation;
using System.Runtime.InteropServices;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.Engines;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Hosts a service for all sessions of the user in this process, until Ctrl-C, SIGTERM or SIGHUP.</summary>
[Cmdlet(VerbsLifecycle.Start, "TorrentService", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StartTorrentServiceCommand : PatronSettingsCmdlet
{
    /// <summary>Runs the service in this process; the command returns when it has ended.</summary>
    [Parameter]
    public SwitchParameter Foreground { get; set; }

    /// <summary>The folder of the saved state.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>The socket to listen on, on Windows the name of a pipe; by default the one where Connect-TorrentPatron looks.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Socket { get; set; }

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

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            if (!Foreground)
                throw new TorrentException(CommandErrors.OnlyForeground);
            ServiceSettings settings = Settings();
            if (VainIn(settings.Client) is { } vain)
                WriteWarning(vain);
            ITorrentEngine engine = EngineCatalog.Installed.Find(settings.Engine);
            if (ShouldProcess(settings.StatePath, "Run a service for the torrents in the folder"))
                HostService(settings, engine);
        }
        catch (TorrentException fault)
        {
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(fault.Error, Engine, fault.InnerException)));
        }
    }

    private void HostService(ServiceSettings settings, ITorrentEngine engine)
    {
        string? address = this.ResolveSocket(Socket);
        string[] filter = FilterPaths();
        Task<SharedService>? starting = null;
        var ending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // Cancelled: the process ends by itself when the state is saved, with exit code 0 where nothing follows.
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        try
        {
            Run(async (output, cancellation) =>
            {
                if (HasFilter)
                    settings = settings with { Client = await FilterAsync(settings.Client, filter, output, cancellation).ConfigureAwait(false) };
                starting = SharedService.StartAsync(new TorrentService(settings, engine.CreateClient), address, cancellation);
                SharedService service = await starting.ConfigureAwait(false);
                await SayAsync($"The service listens on {service.Address} (process {Environment.ProcessId}). Ctrl-C ends it.").ConfigureAwait(false);
                foreach (TorrentError error in await service.Restored.WaitAsync(cancellation).ConfigureAwait(false))
                    await output.WarnAsync(error.ToString()).ConfigureAwait(false);
                await ending.Task.WaitAsync(cancellation).ConfigureAwait(false);
            });
        }
        finally
        {
            // Beyond the moment that a cancelled pipeline is given: bounded, and the state is worth it.
            if (starting is not null)
                EndAsync(starting).GetAwaiter().GetResult();
        }

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            ending.TrySetResult();
        }
    }

    private static async Task EndAsync(Task<SharedService> starting)
    {
        try
        {
            SharedService service = await starting.ConfigureAwait(false);
            await service.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is TorrentException or OperationCanceledException)
        {
            // It has not started; that has been told.
        }
    }

    /// <summary>Tells the person at the console, as Write-Host does.</summary>
    private Task<object?> SayAsync(string text) => OnPipelineThreadAsync<object?>(() =>
    {
        WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]);
        return null;
    });

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
