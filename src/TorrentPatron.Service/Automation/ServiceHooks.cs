using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Automation;

/// <summary>The hooks of a service in this process: those due, those waiting, and the outcome of the latest runs. Thread-safe.</summary>
/// <remarks>
/// Nothing waits for a hook: a published message is matched, and its scripts run in parallel. If too many are waiting, an event is skipped
/// and counted. A saved hook runs at least once for each completion, even if the service ends first; for other events at most once.
/// </remarks>
internal sealed class ServiceHooks : ITorrentHooks, IAsyncDisposable
{
    /// <summary>Maximum number of scripts that run at a time.</summary>
    public const int MostAtOnce = 4;

    /// <summary>Maximum number of scripts that wait.</summary>
    public const int MostWaiting = 1_000;

    /// <summary>Maximum number of runs to keep for each hook.</summary>
    public const int MostHistory = 10;

    /// <summary>How long scripts may continue when the service ends.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new(); // a leaf
    private readonly Lock _saving = new(); // taken before _gate; held while the list is written
    private readonly HookStore _store;
    private readonly IHookShell _shell;
    private readonly TimeProvider _time;
    private readonly OrderedDictionary<string, Entry> _hooks = new(StringComparer.OrdinalIgnoreCase);
    private readonly Queue<DueRun> _waiting = new();
    private readonly PendingCompletions _completions;
    private readonly CancellationTokenSource _ending = new();
    private readonly HashSet<Task> _running = [];
    private bool _isSaved;
    private bool _isEnded;

    /// <summary>Creates an instance without hooks; hooks are not saved until <see cref="UseSaved"/>.</summary>
    /// <param name="stateFolder">The state folder.</param>
    /// <param name="time">The clock.</param>
    /// <param name="shell">Runs the scripts; null means PowerShell.</param>
    public ServiceHooks(string stateFolder, TimeProvider time, IHookShell? shell = null) =>
        (_store, _completions, _time, _shell) = (new HookStore(stateFolder), new PendingCompletions(stateFolder), time, shell ?? new HookShell());

    /// <summary>Reads the saved hooks, and saves changes from now on.</summary>
    /// <returns>Why they could not be read; otherwise null.</returns>
    public TorrentError? UseSaved()
    {
        lock (_saving)
        {
            IReadOnlyList<(Guid Id, TorrentHook Hook)> saved = _store.Load(out TorrentError? fault);
            _completions.UseSaved();
            lock (_gate)
            {
                _isSaved = true;
                foreach ((Guid id, TorrentHook hook) in saved)
                    _hooks.TryAdd(hook.Name, new Entry(id, hook));
            }

            return fault;
        }
    }

    /// <summary>Runs the hooks for a published message. Never blocks.</summary>
    /// <param name="message">The message.</param>
    /// <param name="statusOf">Finds a torrent's status for a message without one.</param>
    public void Take(TorrentMessage message, Func<TorrentMessage, TorrentStatus?> statusOf)
    {
        if (message is TorrentStatusUpdate)
            return;
        bool isPending = Note(message);
        lock (_gate)
        {
            if (_isEnded || (_hooks.Count == 0 && !isPending))
                return;
        }

        if (HookMessage.Of(message, statusOf, isPending) is not { } happened)
            return;
        Entry[] hooks;
        lock (_gate)
            hooks = [.. _hooks.Values.Where(entry => HookRules.IsFor(entry.Hook, happened))];
        PendingCompletion? completion = happened.Event == TorrentHookEvent.Completed
            ? _completions.Take(message.TorrentId, [.. hooks.Select(entry => entry.Id)])
            : null;
        var skipped = new List<Entry>();
        lock (_gate)
        {
            foreach (Entry entry in hooks.Where(entry => completion?.Ended.Contains(entry.Id) != true))
            {
                if (_waiting.Count < MostWaiting)
                {
                    _waiting.Enqueue(new DueRun(entry, happened, completion));
                    continue;
                }

                entry.Hook = entry.Hook with { Skipped = entry.Hook.Skipped + 1 };
                skipped.Add(entry);
            }

            StartWaiting();
        }

        if (completion is not null)
            skipped.ForEach(entry => _completions.End(completion, entry.Id));
    }

    /// <summary>Notes that a torrent without saved state is about to start: its completion will be pending. Touches the disk.</summary>
    public void Starting(TorrentId torrent) => _completions.Begin(torrent);

    /// <summary>Drops the pending completions of torrents that are not saved. Call it before any torrent starts.</summary>
    public void Keep(IEnumerable<TorrentId> saved) => _completions.Keep(saved);

    /// <summary>Drops the pending completion of a torrent that did not start, or whose saved state is deleted.</summary>
    public void Forget(TorrentId torrent)
    {
        _completions.Forget(torrent);
        lock (_saving)
            _completions.DeleteEmptyFolders();
    }

    /// <inheritdoc/>
    public Task<TorrentHook> RegisterAsync(TorrentHook hook, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(hook);
        return Task.Run(() => Register(hook), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<TorrentHook>> GetAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
            return Task.FromResult<IReadOnlyList<TorrentHook>>([.. _hooks.Values.Select(entry => entry.Hook)]);
    }

    /// <inheritdoc/>
    public Task UnregisterAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Task.Run(() => Unregister(name), cancellationToken);
    }

    /// <summary>
    /// Runs no more hooks, and kills scripts that do not end in a moment. The completions of waiting or killed hooks are pending for the next service.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        Task[] running;
        Entry[] unsaved;
        lock (_gate)
        {
            if (_isEnded)
                return;
            _isEnded = true;
            _waiting.Clear();
            running = [.. _running];
            unsaved = [.. _hooks.Values.Where(entry => entry.Hook is { IsSaved: false, ScriptBlock: not null })];
        }

        if (running.Length > 0)
        {
            _ending.CancelAfter(EndPatience);
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (Entry entry in unsaved)
            _store.DeleteScript(entry.Id);
        _ending.Dispose();
    }

    /// <summary>Notes what a message says about pending completions.</summary>
    /// <returns>Whether the torrent's completion hooks still have to run.</returns>
    private bool Note(TorrentMessage message)
    {
        switch (message)
        {
            case TorrentStateChanged { Status.State: TorrentState.Downloading }:
                _completions.Expect(message.TorrentId);
                return false;
            case TorrentRemoved:
                _completions.Forget(message.TorrentId);
                return false;
            default:
                return message is TorrentCompleted or NewTorrentCreated && _completions.IsExpected(message.TorrentId);
        }
    }

    private TorrentHook Register(TorrentHook hook)
    {
        hook = hook with
        {
            On = new ReadOnlyCollection<TorrentHookEvent>([.. hook.On.Distinct()]),
            RegisteredAt = WallTime.Now(_time),
            Runs = 0,
            Failures = 0,
            Skipped = 0,
            History = [],
        };
        if ((HookRules.Check(hook) ?? _shell.Fault) is { } wrong)
            throw new TorrentException(wrong);
        if (hook.ScriptPath is { } script && !File.Exists(script))
            throw new TorrentException(HookErrors.ScriptGone(script));
        lock (_saving)
        {
            (Guid, TorrentHook)[] saved;
            lock (_gate)
            {
                if (_isEnded)
                    throw new TorrentException(ServiceErrors.Stopped);
                if (_hooks.ContainsKey(hook.Name))
                    throw new TorrentException(HookErrors.NameInUse(hook.Name));
                if (_hooks.Count >= TorrentHook.Most)
                    throw new TorrentException(HookErrors.TooMany(TorrentHook.Most));
                hook = hook with { IsSaved = _isSaved };
                saved = Saved();
            }

            var entry = new Entry(Guid.NewGuid(), hook);
            if (hook.ScriptBlock is { } text)
                _store.SaveScript(entry.Id, text);
            try
            {
                if (hook.IsSaved)
                    _store.Save([.. saved, (entry.Id, hook)]);
            }
            catch
            {
                _store.DeleteScript(entry.Id);
                throw;
            }

            lock (_gate)
                _hooks.Add(hook.Name, entry);
            return hook;
        }
    }

    private void Unregister(string name)
    {
        lock (_saving)
        {
            Entry? entry;
            (Guid, TorrentHook)[] saved;
            lock (_gate)
            {
                if (!_hooks.TryGetValue(name, out entry))
                    throw new TorrentException(HookErrors.NotFound(name));
                saved = [.. Saved().Where(one => one.Id != entry.Id)];
            }

            if (entry.Hook.IsSaved)
                _store.Save(saved);
            lock (_gate)
            {
                _hooks.Remove(name);

                // A waiting run still needs its script.
                entry.IsGone = true;
                if (entry.Uses > 0 || _waiting.Any(due => due.Hook == entry))
                    return;
            }

            if (entry.Hook.ScriptBlock is not null)
                _store.DeleteScript(entry.Id);
        }
    }

    private (Guid Id, TorrentHook Hook)[] Saved() => [.. _hooks.Values.Where(entry => entry.Hook.IsSaved).Select(entry => (entry.Id, entry.Hook))];

    /// <summary>Begins as many waiting runs as are allowed. Under the lock.</summary>
    private void StartWaiting()
    {
        while (!_isEnded && _running.Count < MostAtOnce && _waiting.TryDequeue(out DueRun? next))
        {
            next.Hook.Uses++;
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Task run = RunAsync(begun.Task, next);
            _running.Add(run);
            _ = run.ContinueWith(Ended, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            begun.SetResult();
        }
    }

    private void Ended(Task run)
    {
        lock (_gate)
        {
            _running.Remove(run);
            StartWaiting();
        }
    }

    private async Task RunAsync(Task begun, DueRun due)
    {
        await begun.ConfigureAwait(false);
        Entry entry = due.Hook;
        HookRun run = await RunAsync(due).ConfigureAwait(false);
        if (due.Completion is { } completion && run.Outcome != HookOutcome.Stopped)
            _completions.End(completion, entry.Id);
        bool isUnused;
        lock (_gate)
        {
            TorrentHook hook = entry.Hook;
            entry.Hook = hook with
            {
                Runs = hook.Runs + 1,
                Failures = hook.Failures + (run.Outcome == HookOutcome.Succeeded ? 0 : 1),
                History = new ReadOnlyCollection<HookRun>([run, .. hook.History.Take(MostHistory - 1)]),
            };
            isUnused = --entry.Uses == 0 && entry.IsGone && !_waiting.Any(due => due.Hook == entry);
        }

        if (isUnused && entry.Hook.ScriptBlock is not null)
            _store.DeleteScript(entry.Id);
    }

    private async Task<HookRun> RunAsync(DueRun due)
    {
        (Entry entry, HookMessage message, PendingCompletion? completion) = due;
        TorrentHook hook = entry.Hook;
        var run = new HookRun
        {
            Event = message.Event,
            Torrent = DisplayText.Clean(message.Name),
            InfoHash = message.InfoHash,
            Outcome = HookOutcome.NotStarted,
            StartedAt = WallTime.Now(_time),
        };
        if (completion is not null && !_completions.TryBegin(completion))
            return run with { Error = HookErrors.GivenUp(PendingCompletions.MostTries) };
        long begun = _time.GetTimestamp();
        using var timeout = new CancellationTokenSource(hook.Timeout, _time);
        using var kill = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _ending.Token);
        try
        {
            var start = new HookStart(
                hook.ScriptPath ?? _store.ScriptPath(entry.Id), [.. message.Variables(hook.Name)], message.ToJson(hook.Name));
            HookExit exit = await _shell.RunAsync(start, kill.Token).ConfigureAwait(false);
            run = run with { ExitCode = exit.ExitCode, Output = exit.Output };
            run = exit.ExitCode switch
            {
                0 => run with { Outcome = HookOutcome.Succeeded },
                not null => run with { Outcome = HookOutcome.Failed },
                null when timeout.IsCancellationRequested => run with { Outcome = HookOutcome.TimedOut, Error = HookErrors.TimedOut(hook.Timeout) },
                null => run with { Outcome = HookOutcome.Stopped, Error = HookErrors.Stopped },
            };
        }
        catch (TorrentException fault)
        {
            run = run with { Error = fault.Error };
        }
#pragma warning disable CA1031 // The root of a task that nobody awaits: a hook's fault costs its run.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(message.Message.TorrentId, "hook", fault);
            run = run with { Error = ServiceErrors.Unexpected(fault) };
        }

        return run with { Duration = _time.GetElapsedTime(begun) };
    }

    /// <summary>A due run.</summary>
    /// <param name="Hook">The hook.</param>
    /// <param name="Message">The event.</param>
    /// <param name="Completion">The completion that is pending until the run has ended; null if none is.</param>
    private sealed record DueRun(Entry Hook, HookMessage Message, PendingCompletion? Completion);

    /// <summary>A hook and the uses of its script. Guarded by the lock.</summary>
    private sealed class Entry(Guid id, TorrentHook hook)
    {
        public Guid Id => id;

        public TorrentHook Hook { get; set; } = hook;

        /// <summary>Runs under way.</summary>
        public int Uses { get; set; }

        /// <summary>Whether it has been unregistered.</summary>
        public bool IsGone { get; set; }
    }
}
