using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using TorrentPatron.PowerShell.Pipeline;
using TorrentPatron.Remote;
using TorrentPatron.Service;
using TorrentPatron.Service.Engines;
using TorrentPatron.Service.State;

namespace TorrentPatron.PowerShell.Hosting;

/// <summary>
/// Gives each runspace its own <see cref="SessionPatrons"/> and ends them with the runspace, the module or the process, whichever is
/// first, also when a signal ends the process. Ending takes at most a few seconds: state that is not saved by then was saved a moment
/// before.
/// </summary>
internal static class RunspacePatrons
{
    private static readonly TimeSpan EndOfRunspace = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan EndOfProcess = TimeSpan.FromSeconds(1);

    /// <summary>A dead tracker takes three seconds; Windows ends a process five seconds after its console closes.</summary>
    private static readonly TimeSpan EndBySignal = TimeSpan.FromSeconds(4);

    private static readonly Lock Gate = new();
    private static readonly ConditionalWeakTable<Runspace, SessionPatrons> Sessions = [];

    // Strong references: a session's torrents continue although nothing else refers to its runspace.
    private static readonly ConcurrentDictionary<SessionPatrons, bool> Running = new();
    private static TerminationSignals? _signals;

    static RunspacePatrons() => AppDomain.CurrentDomain.ProcessExit += (_, _) => End([.. Running.Keys], EndOfProcess);

    /// <summary>The session of this thread's runspace. On the pipeline thread.</summary>
    public static SessionPatrons Current => Sessions.GetValue(Runspace.DefaultRunspace, Begin);

    /// <summary>The session of this thread's runspace, if both exist.</summary>
    public static SessionPatrons? Known =>
        Runspace.DefaultRunspace is { } runspace && Sessions.TryGetValue(runspace, out SessionPatrons? session) ? session : null;

    /// <summary>Ends the session of this thread's runspace, if it has one.</summary>
    public static void EndCurrent() => End(Runspace.DefaultRunspace);

    private static SessionPatrons Begin(Runspace runspace)
    {
        var session = new SessionPatrons(
            static settings => new TorrentService(settings, EngineCatalog.Installed.Find(settings.Engine).CreateClient),
            static () => StateFolder.DefaultPathIn(CurrentFolder),
            new SharedServiceLink(static cancellation => ServiceConnection.ConnectAsync(cancellationToken: cancellation)));
        Running.TryAdd(session, true);
        ListenWhileAnyRuns();
        runspace.StateChanged += OnStateChanged;
        return session;
    }

    /// <summary>The session's location in the file system, which differs from the process' current folder. On the pipeline thread.</summary>
    private static string CurrentFolder()
    {
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        return shell.AddCommand("Microsoft.PowerShell.Management\\Get-Location").AddParameter("PSProvider", "FileSystem")
            .Invoke<PathInfo>() is [{ } location, ..] ? location.ProviderPath : Environment.CurrentDirectory;
    }

    private static void OnStateChanged(object? sender, RunspaceStateEventArgs change)
    {
        if (sender is Runspace runspace
            && change.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken)
        {
            End(runspace);
        }
    }

    private static void End(Runspace runspace)
    {
        runspace.StateChanged -= OnStateChanged;
        if (Sessions.TryGetValue(runspace, out SessionPatrons? session))
        {
            Sessions.Remove(runspace);
            End([session], EndOfRunspace);
        }
    }

    private static void EndAll()
    {
        PipelineHold.Begin(EndBySignal + EndOfProcess);
        End([.. Running.Keys], EndBySignal);
    }

    /// <summary>Handles signals only while there is something to save: from the first patron to the last.</summary>
    private static void ListenWhileAnyRuns()
    {
        lock (Gate)
        {
            if (!Running.IsEmpty)
            {
                _signals ??= new TerminationSignals(EndAll);
                return;
            }

            _signals?.Dispose();
            _signals = null;
        }
    }

    /// <summary>Blocks on purpose: when this returns, PowerShell ends whatever still runs.</summary>
    private static void End(IReadOnlyList<SessionPatrons> sessions, TimeSpan atMost)
    {
        try
        {
            Task.WhenAll(sessions.Select(session => Task.Run(async () =>
            {
                await session.DisposeAsync().ConfigureAwait(false);
                Running.TryRemove(session, out _);
                ListenWhileAnyRuns();
            }))).Wait(atMost);
        }
        catch (AggregateException)
        {
            // There is nobody left to report to, and saved state survives an end at any moment.
        }
    }
}
