using System.Management.Automation;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Services;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.Engines;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Starts a service for all the user's sessions, in the background or in this process.</summary>
[Cmdlet(VerbsLifecycle.Start, "TorrentService", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentServiceInfo))]
public sealed class StartTorrentServiceCommand : ServiceSettingsCmdlet
{
    private const string LogName = "service.log";
    private const string ConsoleHost = "ConsoleHost";

    /// <summary>Run the service in this process; the command returns when the service ends.</summary>
    [Parameter]
    public SwitchParameter Foreground { get; set; }

    /// <summary>The socket to listen on, or on Windows the name of a pipe; by default the one that Connect-TorrentPatron uses.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Socket { get; set; }

    /// <summary>Whose service to start: the user's own, or the machine's, which several users share and which needs -Root.</summary>
    [Parameter]
    public ServiceScope Scope { get; set; }

    /// <summary>The folders below which torrents may be stored; by default anywhere.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Root { get; set; }

    /// <summary>The group whose members may control the machine's service.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Group { get; set; }

    /// <summary>The group whose members may read the machine's service but not change it.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(GroupCompleter))]
    [ValidateNotNullOrEmpty]
    public string? ReadersGroup { get; set; }

    /// <summary>The log file; by default service.log in the state folder for a background service, and none in the foreground.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? LogPath { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            ServiceSettings settings = Settings() with { Roots = [.. Roots()] };
            if (VainIn(settings.Client) is { } vain)
                WriteWarning(vain);
            ITorrentEngine engine = EngineCatalog.Installed.Find(settings.Engine);
            if (!ShouldProcess(settings.StatePath, "Run a service for the torrents in the folder"))
                return;
            if (Foreground)
                HostUntilEnded(settings, engine);
            else
                StartInBackground(isRestart: false);
        }
        catch (TorrentException fault)
        {
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(fault.Error, Engine, fault.InnerException)));
        }
    }

    private protected override string DefaultStatePath => Scope == ServiceScope.Machine ? StateFolder.MachinePath : base.DefaultStatePath;

    private string[] Roots() => [.. (Root ?? []).Select(root => this.ResolveDestination(root))];

    private void StartInBackground(bool isRestart)
    {
        string? address = this.ResolveSocket(Socket);
        var parameters = new List<KeyValuePair<string, object?>>(GivenSettings());
        if (Scope != ServiceScope.User)
            parameters.Add(new(nameof(Scope), Scope));
        if (Root is not null)
            parameters.Add(new(nameof(Root), Roots()));
        if (Group is not null)
            parameters.Add(new(nameof(Group), Group));
        if (LogPath is not null)
            parameters.Add(new(nameof(LogPath), this.ResolveDestination(LogPath)));
        if (ReadersGroup is not null)
            parameters.Add(new(nameof(ReadersGroup), ReadersGroup));
        // The installed unit has its own settings.
        bool isInstalled = !isRestart && Socket is null && !HasServiceSettings && Root is null && Group is null && ReadersGroup is null && LogPath is null
            && ServiceInstaller.Find(Scope) is not null;
        Run(async (output, cancellation) =>
        {
            if (isInstalled)
                await ServiceInstaller.StartAsync(Scope, cancellation).ConfigureAwait(false);
            else if (!await BackgroundService.StartAsync(address, Scope, parameters, cancellation).ConfigureAwait(false))
                throw new TorrentException(CommandErrors.ServiceRuns);
            await output.EmitAsync(await ServiceCmdlet.FindAsync(address, Scope, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        });
    }

    private void HostUntilEnded(ServiceSettings settings, ITorrentEngine engine)
    {
        bool isBackground = BackgroundProcess.TakeRequest();
        if (isBackground)
            BackgroundProcess.LeaveTerminal();
        try
        {
            while (HostService(settings, engine, isBackground))
            {
                // A background process starts a new one, so that a new version of the module is loaded.
                if (!isBackground)
                    continue;
                StartInBackground(isRestart: true);
                return;
            }
        }
        catch (PipelineStoppedException) when (Host.Name == ConsoleHost && ShellProgram.EndsWithItsCommand(Environment.GetCommandLineArgs()))
        {
            // Ctrl-C ends the service as intended, with its state saved. PowerShell, which stops every command this way, calls that a failure.
            Host.SetShouldExit(0);
            throw;
        }
    }

    /// <returns>Whether to start the service again.</returns>
    private bool HostService(ServiceSettings settings, ITorrentEngine engine, bool isBackground)
    {
        var options = new SharedServiceOptions
        {
            Address = this.ResolveSocket(Socket), Scope = Scope, Group = Group, ReadersGroup = ReadersGroup,
            LogPath = LogPath is not null ? this.ResolveDestination(LogPath) : isBackground ? Path.Combine(settings.StatePath, LogName) : null,
        };
        string[] filter = FilterPaths();
        bool restart = false;
        Task<SharedService>? starting = null;
        var ending = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Cancelled: the process ends by itself when the state is saved, with exit code 0 if nothing follows.
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, End);
        try
        {
            Run(async (output, cancellation) =>
            {
                if (HasFilter)
                    settings = settings with { Client = await FilterAsync(settings.Client, filter, output, cancellation).ConfigureAwait(false) };
                starting = SharedService.StartAsync(new TorrentService(settings, engine.CreateClient), options, cancellation);
                SharedService service = await starting.ConfigureAwait(false);
                if (isBackground)
                    BackgroundProcess.CloseStandardStreams();
                else if (!service.LogsToJournal)
                    await SayAsync($"The service listens on {service.Address} (process {Environment.ProcessId}). Press Ctrl-C to stop.").ConfigureAwait(false);
                foreach (TorrentError error in await service.Restored.WaitAsync(cancellation).ConfigureAwait(false))
                    await output.WarnAsync(error.ToString()).ConfigureAwait(false);
                Task<bool> end = await Task.WhenAny(ending.Task, service.StopRequested).WaitAsync(cancellation).ConfigureAwait(false);
                restart = await end.ConfigureAwait(false);
            });
        }
        finally
        {
            // Longer than a cancelled pipeline usually gets, but bounded, and worth it for the state.
            if (starting is not null)
                EndAsync(starting).GetAwaiter().GetResult();
        }

        return restart;

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            ending.TrySetResult(false);
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
            // It has not started, which has been reported.
        }
    }

    /// <summary>Writes to the console, as Write-Host does.</summary>
    private Task<object?> SayAsync(string text) => OnPipelineThreadAsync<object?>(() =>
    {
        WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]);
        return null;
    });
}
