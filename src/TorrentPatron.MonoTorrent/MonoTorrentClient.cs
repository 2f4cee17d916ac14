using System.Collections.Concurrent;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.MonoTorrent.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.MonoTorrent;

/// <summary>A client over MonoTorrent.</summary>
internal sealed class MonoTorrentClient : ITorrentClient
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly HostResources _host;
    private readonly Channel<TorrentMessage> _messages =
        Channel.CreateUnbounded<TorrentMessage>(new UnboundedChannelOptions { SingleReader = true });

    private readonly ConcurrentDictionary<InfoHash, HostedTorrent> _torrents = new();
    private readonly ConcurrentDictionary<Task, bool> _work = new();
    private readonly List<InfoHash> _order = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private bool _isDisposed;

    /// <summary>Makes a client and begins to listen.</summary>
    /// <param name="settings">What it is made with.</param>
    /// <param name="time">The clock.</param>
    public MonoTorrentClient(ClientSettings settings, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _host = new HostResources(settings, torrent => Find(torrent)?.Link, time);
        Track(BeatAsync());
    }

    /// <inheritdoc/>
    public string Name => MonoTorrentEngine.EngineName;

    /// <inheritdoc/>
    public ClientCapabilities Capabilities => ClientCapabilities.TorrentLimits | ClientCapabilities.SeedGoals
        | ClientCapabilities.FilePriorities | ClientCapabilities.Move | ClientCapabilities.DeleteData | ClientCapabilities.ManageTrackers
        | ClientCapabilities.BadPieces | ClientCapabilities.PeerList | ClientCapabilities.FileList | ClientCapabilities.FreeSpace
        | ClientCapabilities.Settings;

    /// <inheritdoc/>
    public ChannelReader<TorrentMessage> Messages => _messages.Reader;

    /// <inheritdoc/>
    public void Post(TorrentCommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        lock (_gate)
        {
            if (!_isDisposed)
            {
                Track(HandleAsync(command));
                return;
            }
        }

        Say(Failure(command, new TorrentError(TorrentErrorId.PatronStopped, "The engine has been stopped.", "Start the torrent again.")));
    }

    /// <inheritdoc/>
    public TorrentStatus? GetStatus(InfoHash torrent) => Find(torrent)?.Status;

    /// <inheritdoc/>
    public IReadOnlyList<TorrentStatus> GetStatuses()
    {
        lock (_gate)
            return [.. _order.Select(GetStatus).OfType<TorrentStatus>()];
    }

    /// <inheritdoc/>
    public TorrentMetainfo? GetMetainfo(InfoHash torrent) => Find(torrent)?.Metainfo;

    /// <inheritdoc/>
    public IReadOnlyList<FileSnapshot> GetFiles(InfoHash torrent) => Find(torrent)?.Files() ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> GetPeers(InfoHash torrent) => Find(torrent)?.Peers ?? [];

    /// <inheritdoc/>
    public Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return ApplyAsync(settings).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ClientStatus GetClientStatus()
    {
        IReadOnlyList<TorrentStatus> statuses = GetStatuses();
        return new ClientStatus
        {
            Engine = Name,
            ListenEndPoints = [.. _host.ListenEndPoints],
            Torrents = statuses.Count,
            ConnectedPeers = statuses.Sum(status => status.ConnectedPeers),
            DownloadRate = statuses.Sum(status => status.DownloadRate),
            UploadRate = statuses.Sum(status => status.UploadRate),
            Warning = _host.ListenWarning,
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        // First, because commands may wait for a check, which takes hours and ends with this; and once more for what a
        // start under way has added meanwhile.
        await StopAllAsync().ConfigureAwait(false);
        await Task.WhenAll(_work.Keys).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await StopAllAsync().ConfigureAwait(false);
        await _host.DisposeAsync().ConfigureAwait(false);
        _messages.Writer.TryComplete();
        _stop.Dispose();
    }

    private async Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings)
    {
        IReadOnlyList<TorrentError> left = await _host.ApplyAsync(settings).ConfigureAwait(false);
        Task all = Task.WhenAll(_torrents.Values.Select(torrent => torrent.ApplyAsync()));
        // Who is being closed goes by nothing any more.
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return left;
    }

    private HostedTorrent? Find(InfoHash torrent) => _torrents.GetValueOrDefault(torrent);

    private void Say(TorrentMessage message) => _messages.Writer.TryWrite(message);

    private void Track(Task work)
    {
        if (work.IsCompleted)
            return;
        _work.TryAdd(work, true);
        work.ContinueWith(
            static (done, all) => ((ConcurrentDictionary<Task, bool>)all!).TryRemove(done, out _), _work,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task HandleAsync(TorrentCommand command)
    {
        // Whoever posts goes on at once.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TorrentAnswer answer;
        try
        {
            answer = command switch
            {
                CreateNewTorrent create => await CreateAsync(create).ConfigureAwait(false),
                CloseTorrent close => await EndAsync(close, async torrent => await torrent.StopAsync().ConfigureAwait(false)
                    ? new TorrentClosed(close.TorrentId, close.CorrelationId, torrent.Status)
                    : null).ConfigureAwait(false),
                RemoveTorrent remove => await EndAsync(remove, async torrent => await torrent.RemoveAsync(remove.DeleteData).ConfigureAwait(false) is { } gone
                    ? new TorrentRemoved(remove.TorrentId, remove.CorrelationId, gone.Files, gone.Bytes) { Status = torrent.Status, Warnings = gone.Warnings }
                    : null).ConfigureAwait(false),
                SuspendTorrent suspend => await DoAsync(suspend, torrent => torrent.SuspendAsync()).ConfigureAwait(false),
                ResumeTorrent resume => await DoAsync(resume, torrent => torrent.ResumeAsync()).ConfigureAwait(false),
                SetTorrent set => await DoAsync(set, torrent => torrent.SetAsync(set.Options)).ConfigureAwait(false),
                SetFilePriorities want => await DoAsync(want, torrent => torrent.WantAsync(want.Priorities)).ConfigureAwait(false),
                AddSources sources => await DoAsync(sources, torrent => torrent.AddAsync(sources)).ConfigureAwait(false),
                RemoveTrackers remove => await DoAsync(remove, torrent => torrent.RemoveTrackersAsync(remove.Trackers)).ConfigureAwait(false),
                AnnounceNow announce => await DoAsync(announce, torrent => torrent.Announce(announce.Trackers)).ConfigureAwait(false),
                MoveTorrent move => await DoAsync(move, torrent => torrent.MoveAsync(move.Destination)).ConfigureAwait(false),
                GiveMetadata give => await DoAsync(give, _ => { }).ConfigureAwait(false),
                RecheckTorrent recheck => await AskAsync(recheck, async torrent => new TorrentChecked(
                    torrent.TorrentId, recheck.CorrelationId, [.. await torrent.RecheckAsync().ConfigureAwait(false)], torrent.Status))
                    .ConfigureAwait(false),
                _ => Failure(command, TorrentWishes.Lacking($"carry out {command.GetType().Name}")),
            };
        }
        catch (RefusedException e)
        {
            answer = Failure(command, e.Error);
        }
#pragma warning disable CA1031 // A command must get its answer, whatever went wrong.
        catch (Exception e)
#pragma warning restore CA1031
        {
            answer = Failure(command, new TorrentError(
                TorrentErrorId.Unexpected, $"MonoTorrent failed: {DisplayText.Clean(e.Message)}",
                "Please report this, with what you did before; the built-in engine may do better."));
        }

        SayAnswer(answer);
    }

    /// <summary>
    /// Says an answer. One that shows how a torrent stands has its turn among all that is said of the torrent, so that who looks at
    /// statuses only does not see an older one last.
    /// </summary>
    private void SayAnswer(TorrentAnswer answer)
    {
        if (Find(answer.TorrentId) is { } torrent)
        {
            torrent.Say(status => answer switch
            {
                NewTorrentCreated created => created with { Status = status },
                TorrentAlreadyDownloading already => already with { Status = status },
                TorrentChecked checkedOne => checkedOne with { Status = status },
                CommandDone done => done with { Status = status },
                _ => answer,
            });
        }
        else
        {
            Say(answer);
        }
    }

    private async Task<TorrentAnswer> CreateAsync(CreateNewTorrent command)
    {
        bool isStarted = false;
        try
        {
            TorrentAnswer answer = await FindOrStartAsync(command).ConfigureAwait(false);
            isStarted = answer is NewTorrentCreated;
            return answer;
        }
        finally
        {
            if (!isStarted)
                await _host.Workers.RunAsync(command.ResumeStore.Dispose).ConfigureAwait(false);
        }
    }

    private async Task<TorrentAnswer> FindOrStartAsync(CreateNewTorrent command)
    {
        if (command.Metainfo is not { } metainfo)
            throw new RefusedException(TorrentWishes.Lacking("start a torrent from a magnet link"));
        HostedTorrent torrent;
        while (!TryAdd(metainfo, command, out torrent))
        {
            if (await torrent.Started.ConfigureAwait(false) && !torrent.IsEnding)
                return new TorrentAlreadyDownloading(command.TorrentId, command.CorrelationId, torrent.Status);
            await torrent.Ended.ConfigureAwait(false);
        }

        bool isStarted = false;
        try
        {
            TorrentAnswer answer = await torrent.StartAsync().ConfigureAwait(false);
            isStarted = answer is NewTorrentCreated;
            return answer;
        }
        finally
        {
            if (!isStarted)
                Forget(torrent);
        }
    }

    /// <summary>Adds a torrent, or finds the one of that name which is here.</summary>
    private bool TryAdd(TorrentMetainfo metainfo, CreateNewTorrent command, out HostedTorrent torrent)
    {
        lock (_gate)
        {
            if (_torrents.TryGetValue(command.TorrentId, out HostedTorrent? running))
            {
                torrent = running;
                return false;
            }

            torrent = new HostedTorrent(_host, metainfo, command, Say);
            _torrents[command.TorrentId] = torrent;
            _order.Add(command.TorrentId);
            return true;
        }
    }

    /// <param name="command">The command that ends a torrent.</param>
    /// <param name="end">Does it; null where it had been done before.</param>
    private Task<TorrentAnswer> EndAsync(TorrentCommand command, Func<HostedTorrent, Task<TorrentAnswer?>> end) =>
        AskAsync(command, async torrent =>
        {
            if (await end(torrent).ConfigureAwait(false) is not { } answer)
            {
                await torrent.Ended.ConfigureAwait(false);
                return NotFound(command);
            }

            Forget(torrent);
            return answer;
        });

    private Task<TorrentAnswer> DoAsync(TorrentCommand command, Action<HostedTorrent> what) => DoAsync(command, torrent =>
    {
        what(torrent);
        return Task.CompletedTask;
    });

    private Task<TorrentAnswer> DoAsync(TorrentCommand command, Func<HostedTorrent, Task> what) => AskAsync(command, async torrent =>
    {
        await what(torrent).ConfigureAwait(false);
        return new CommandDone(command.TorrentId, command.CorrelationId, torrent.Status);
    });

    private async Task<TorrentAnswer> AskAsync(TorrentCommand command, Func<HostedTorrent, Task<TorrentAnswer>> what)
    {
        if (Find(command.TorrentId) is not { } torrent || !await torrent.Started.ConfigureAwait(false))
            return NotFound(command);
        try
        {
            return await what(torrent).ConfigureAwait(false);
        }
        catch (ObjectDisposedException) when (torrent.IsEnding)
        {
            // It was closed while the command waited for its turn.
            return NotFound(command);
        }
        catch (Engine.Storage.StorageException e)
        {
            return new CommandFail(command.TorrentId, command.CorrelationId, e.Error);
        }
    }

    private async Task StopAllAsync()
    {
        HostedTorrent[] torrents = [.. _torrents.Values];
        Task stopped = Task.WhenAll(torrents.Select(torrent => torrent.StopAsync()));
        await stopped.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (HostedTorrent torrent in torrents)
            Forget(torrent);
    }

    private void Forget(HostedTorrent torrent)
    {
        lock (_gate)
        {
            // By now another may have its place.
            if (_torrents.TryRemove(KeyValuePair.Create(torrent.TorrentId, torrent)))
                _order.Remove(torrent.TorrentId);
        }

        torrent.End();
    }

    private static CommandFail NotFound(TorrentCommand command) => new(command.TorrentId, command.CorrelationId, new TorrentError(
        TorrentErrorId.TorrentNotFound, $"No torrent {command.TorrentId} runs here.", "Look at the statuses for those that do, or start it."));

    private static TorrentAnswer Failure(TorrentCommand command, TorrentError error) => command is CreateNewTorrent
        ? new TorrentStartFail(command.TorrentId, command.CorrelationId, error)
        : new CommandFail(command.TorrentId, command.CorrelationId, error);

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(Beat, _host.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                Task all = Task.WhenAll(_torrents.Values.Select(torrent => torrent.TickAsync()));
                await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (OperationCanceledException)
        {
            // The client stops.
        }
    }
}
