using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// A torrent of which only a link is known: it meets its peers, has them give it the metadata (BEP 9), and passes on to a
/// <see cref="Swarm"/>, connections and all. Commands come one at a time.
/// </summary>
internal sealed class MetadataSwarm : ISwarm, IPeerSetOwner, IAsyncDisposable
{
    private readonly EngineResources _engine;
    private readonly CreateNewTorrent _command;
    private readonly MagnetLink _magnet;
    private readonly Func<MetadataSwarm, Task> _passOn;
    private readonly Action<TorrentMessage> _say;
    private readonly MetadataLedger _ledger;
    private readonly SwarmVoice _state;
    private readonly SemaphoreSlim _commands = new(1, 1);
    private readonly TaskCompletionSource<bool> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile MetadataFetcher _fetcher;
    private volatile bool _isStopping;
    private volatile bool _isOver;
    private bool _mayGoOn;

    /// <summary>Makes it; nothing happens before its start.</summary>
    /// <param name="engine">What all torrents share.</param>
    /// <param name="command">The start; it has the link.</param>
    /// <param name="say">Takes what is said of the torrent.</param>
    /// <param name="passOn">Makes its successor when the metadata is here. Commands wait meanwhile.</param>
    public MetadataSwarm(EngineResources engine, CreateNewTorrent command, Action<TorrentMessage> say, Func<MetadataSwarm, Task> passOn)
    {
        _engine = engine;
        _command = command;
        _magnet = command.Magnet!;
        _say = say;
        _passOn = passOn;
        _mayGoOn = !command.MetadataOnly;
        Network = new SwarmNetwork(TorrentId, engine, _magnet.Trackers.Select(tracker => Enumerable.Repeat(tracker, 1)), command.DhtNodes);
        _fetcher = NewFetcher();
        _ledger = new MetadataLedger(engine, command);
        _state = new SwarmVoice(engine, TorrentId, _ledger, MakeStatus, say);
        Network.Use(_ledger.MakeAnnounce, _state.Changed, Network.Peers.Add, static () => false);
    }

    /// <summary>What the successor goes on with.</summary>
    public SwarmNetwork Network { get; }

    /// <summary>How the successor is started.</summary>
    public CreateNewTorrent Successor => _ledger.ToStart();

    /// <inheritdoc/>
    public InfoHash TorrentId => _command.TorrentId;

    /// <inheritdoc/>
    public TorrentMetainfo? Metainfo => _ledger.Metainfo;

    /// <inheritdoc/>
    public TorrentStatus Status => _state.Status;

    /// <inheritdoc/>
    public Task<bool> Started => _started.Task;

    /// <inheritdoc/>
    public bool IsEnding => _isStopping || _isOver;

    /// <inheritdoc/>
    public bool IsResting => _ledger.IsResting;

    /// <inheritdoc/>
    public Task Ended => _ended.Task;

    /// <inheritdoc/>
    public IReadOnlyList<FileSnapshot> Files() => [];

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> Peers() => SwarmView.Peers(Network.Peers.Connected, Network.Peers.Directory);

    /// <inheritdoc/>
    public async Task<TorrentAnswer> StartAsync()
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            (ResumeData? data, TorrentError? warning) = await _engine.DiskWorkers.RunAsync(Load).ConfigureAwait(false);
            _ledger.StateWarning = warning;
            _ledger.Choices = TorrentChoices.Of(_command, data);
            _ledger.AddedAt = data?.AddedAt ?? _ledger.AddedAt;
            Network.Apply(_ledger.Choices);
            Network.Peers.Add([.. _command.Peers, .. _magnet.Peers.Select(peer => peer.EndPoint).OfType<IPEndPoint>()], PeerSource.Manual);
            Network.Peers.Add(data?.Peers ?? [], PeerSource.Saved);
            if (_command.Suspended)
                _state.Set(TorrentState.Suspended);
            else
                Fetch();
            if (warning is not null)
                _say(new TorrentWarning(TorrentId, warning));
            await SaveAsync().ConfigureAwait(false);
            _started.TrySetResult(true);
            return new NewTorrentCreated(TorrentId, _command.CorrelationId, Status) { MergedTrackers = _ledger.Choices.MergedTrackers };
        }
        catch (StorageException e)
        {
            await DisposeAsync().ConfigureAwait(false);
            return new TorrentStartFail(TorrentId, _command.CorrelationId, e.Error);
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        _started.TrySetResult(false);
        _ended.TrySetResult();
    }

    /// <inheritdoc/>
    public Task<bool> StopAsync() => EndAsync(SaveAsync);

    /// <inheritdoc/>
    public async Task<ErasedData?> RemoveAsync(bool deleteData) =>
        await EndAsync(() => _engine.DiskWorkers.RunAsync(_command.ResumeStore.Discard)).ConfigureAwait(false) ? ErasedData.Nothing : null;

    /// <param name="finish">What is left to do once nothing happens any more.</param>
    private async Task<bool> EndAsync(Func<Task> finish)
    {
        _isStopping = true;
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isOver)
                return false;
            Task told = Network.LeaveAsync("The torrent leaves the swarm.");
            if (_ledger.State != TorrentState.Failed)
                _state.Set(TorrentState.Stopped);
            // While the trackers hear of it: whoever ends the process does not wait for a dead one.
            await finish().ConfigureAwait(false);
            await told.ConfigureAwait(false);
            await DisposeAsync().ConfigureAwait(false);
            return true;
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <inheritdoc/>
    public Task SuspendAsync() => InTurnAsync(async () =>
    {
        if (_ledger.State == TorrentState.Suspended)
            return;
        await Network.LeaveAsync("The torrent leaves the swarm.").ConfigureAwait(false);
        _state.Set(TorrentState.Suspended);
        await SaveAsync().ConfigureAwait(false);
    });

    /// <inheritdoc/>
    public async Task<TorrentError?> ResumeAsync()
    {
        await InTurnAsync(async () =>
        {
            _mayGoOn = true;
            if (_ledger.State is not (TorrentState.Suspended or TorrentState.Failed))
                return;
            _ledger.Error = null;
            if (_ledger.Metainfo is not null)
            {
                await PassOnAsync().ConfigureAwait(false);
                return;
            }

            Fetch();
            await SaveAsync().ConfigureAwait(false);
        }).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public void Say(Func<TorrentStatus, TorrentMessage> make) => _state.Say(make);

    /// <inheritdoc/>
    public Task AddAsync(AddSources sources) => InTurnAsync(() =>
    {
        Network.Peers.Add(sources.Peers, PeerSource.Manual);
        _ledger.Choices = _ledger.Choices.WithTrackers(sources.Trackers)
            .WithFoundTrackers(sources.FoundTrackers, [.. TorrentChoices.OwnTrackers(_command)]);
        foreach (Uri tracker in _ledger.Choices.AddedTrackers.Concat(sources.Trackers))
            Network.Trackers.Add(tracker);
        return SettledAsync();
    });

    /// <inheritdoc/>
    public async Task<TorrentError?> SetAsync(TorrentOptions options)
    {
        await InTurnAsync(() =>
        {
            _ledger.Choices = _ledger.Choices.With(options);
            Network.Limit(_ledger.Choices);
            return SettledAsync();
        }).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public Task RemoveTrackersAsync(IReadOnlyList<Uri> trackers) => InTurnAsync(() =>
    {
        _ledger.Choices = _ledger.Choices.WithoutTrackers(trackers);
        foreach (Uri tracker in trackers)
            Network.Trackers.Remove(tracker);
        return SettledAsync();
    });

    /// <inheritdoc/>
    public TorrentError? Announce(IReadOnlyList<Uri> trackers)
    {
        if (_ledger.State != TorrentState.FetchingMetadata)
            return SwarmErrors.NotActive(_ledger.Name);
        Network.Trackers.AnnounceNow(trackers);
        return null;
    }

    /// <summary>Takes the metadata from elsewhere than from peers.</summary>
    public Task GiveAsync(TorrentMetainfo metainfo) =>
        InTurnAsync(() => _ledger.Metainfo is null ? TakeAsync(metainfo) : Task.CompletedTask);

    /// <inheritdoc/>
    public void Accept(IConnection connection, Handshake handshake) => Network.Peers.Attach(connection, handshake, isIncoming: true);

    /// <inheritdoc/>
    public void Fail(TorrentError error) => _engine.Faults.Watch(
        InTurnAsync(() => _ledger.State == TorrentState.FetchingMetadata ? FailAsync(error) : Task.CompletedTask), TorrentId, "end of a torrent");

    /// <inheritdoc/>
    public IReadOnlyList<ClosedPeer> ClosedPeers() => Network.Peers.Closed;

    /// <inheritdoc/>
    public void Tick()
    {
        if (_ledger.State != TorrentState.FetchingMetadata)
            return;
        foreach (PeerConnection peer in Network.Peers.Connected)
            peer.Tick(rate: 0);
        _fetcher.Tick();
        Network.Peers.DialMore();
        Network.Tick();
        _state.Tick();
        if (Instant.Now(_engine.Time) - _ledger.Since > _command.MetadataTimeout)
            _engine.Faults.Watch(GiveUpWaitingAsync(), TorrentId, "metadata timeout");
    }

    /// <inheritdoc/>
    public void PeerJoined(PeerConnection peer)
    {
        if (peer.IsFast)
            peer.Sender.Add(MessageId.HaveNone);
        peer.Extensions.AddHello(Network.Peers.HelloTo(peer));
    }

    /// <inheritdoc/>
    public void PeerLeft(PeerConnection peer)
    {
    }

    /// <summary>Lets go of everything; <see cref="StopAsync"/> ends with it.</summary>
    public async ValueTask DisposeAsync()
    {
        _isOver = true;
        await Network.DisposeAsync().ConfigureAwait(false);
        await _engine.DiskWorkers.RunAsync(_command.ResumeStore.Dispose).ConfigureAwait(false);
    }

    private void Fetch()
    {
        _fetcher = NewFetcher();
        Network.Peers.Extensions.Set(_fetcher);
        Network.Peers.GiveTo(this);
        _ledger.Since = Instant.Now(_engine.Time);
        // Before the state is told: who reads it may dial at once.
        Network.Peers.Open();
        _state.Set(TorrentState.FetchingMetadata);
        Network.Join();
    }

    private MetadataFetcher NewFetcher() => new(_magnet, _engine, Network.Peers.Ban, info => _engine.Faults.Watch(TakeAsync(info), TorrentId, "taking of metadata"));

    /// <summary>Takes what the peers have sent; its hash is right.</summary>
    private async Task TakeAsync(byte[] info)
    {
        try
        {
            await InTurnAsync(async () =>
            {
                if (_ledger.Metainfo is not null)
                    return;
                TorrentMetainfo? metainfo = null;
                string fault = "";
                try
                {
                    metainfo = await _engine.DiskWorkers
                        .RunAsync(() => MetainfoReader.ReadInfo(info, _magnet.Trackers, _magnet.WebSeeds, _magnet.DhtNodes)).ConfigureAwait(false);
                }
                catch (MetainfoException e)
                {
                    fault = e.Message;
                }

                if (metainfo is null)
                    await FailAsync(SwarmErrors.UnusableMetadata(_ledger.Name, fault)).ConfigureAwait(false);
                else
                    await TakeAsync(metainfo).ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It was stopped meanwhile.
        }
    }

    private async Task TakeAsync(TorrentMetainfo metainfo)
    {
        if (metainfo.Version == MetainfoVersion.V2)
        {
            await FailAsync(SwarmErrors.V2Only(metainfo.Name)).ConfigureAwait(false);
            return;
        }

        await TrySaveAsync(store => store.MetadataReceived(metainfo)).ConfigureAwait(false);
        _ledger.Metainfo = metainfo;
        if (_mayGoOn && _ledger.State == TorrentState.FetchingMetadata)
        {
            await PassOnAsync().ConfigureAwait(false);
            return;
        }

        _state.Say(status => new MetadataReceived(TorrentId, metainfo, status));
        await Network.LeaveAsync("The metadata is here.").ConfigureAwait(false);
        _state.Set(TorrentState.Suspended);
        await SaveAsync().ConfigureAwait(false);
    }

    private Task PassOnAsync()
    {
        _isOver = true;
        return _passOn(this);
    }

    private async Task GiveUpWaitingAsync()
    {
        try
        {
            await InTurnAsync(() => _ledger.State == TorrentState.FetchingMetadata && _command.MetadataTimeout is { } timeout
                ? FailAsync(SwarmErrors.MetadataTimeout(_ledger.Name, timeout, Progress().Missing + StallCauses.Describe(Status)))
                : Task.CompletedTask).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It was stopped meanwhile.
        }
    }

    private async Task FailAsync(TorrentError error)
    {
        await Network.LeaveAsync("The torrent has failed.").ConfigureAwait(false);
        _state.Fail(error);
        await SaveAsync().ConfigureAwait(false);
    }

    private async Task InTurnAsync(Func<Task> what)
    {
        await _commands.WaitAsync().ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(IsEnding, this);
            await what().ConfigureAwait(false);
        }
        finally
        {
            _commands.Release();
        }
    }

    private (ResumeData? Data, TorrentError? Warning) Load()
    {
        if (!_command.MetadataOnly)
            StoragePreparation.CheckDestination(_command.Destination);
        ResumeData? data = _command.ResumeStore.Load(out TorrentError? warning);
        return (data, warning);
    }

    private Task SettledAsync()
    {
        _state.Changed();
        return SaveAsync();
    }

    private async Task SaveAsync()
    {
        ResumeData data = _ledger.MakeResumeData(Network.Peers);
        await TrySaveAsync(store => store.Checkpoint(data)).ConfigureAwait(false);
    }

    private async Task TrySaveAsync(Action<IResumeStore> save)
    {
        TorrentError? warning = await _engine.DiskWorkers.RunAsync<TorrentError?>(() =>
        {
            try
            {
                save(_command.ResumeStore);
                return null;
            }
            catch (IOException e)
            {
                EngineEvents.Log.DiskError(TorrentId, SwarmErrors.StateNotWritable(e));
                return SwarmErrors.StateNotWritable(e);
            }
        }).ConfigureAwait(false);
        bool isNews = warning is null != _ledger.SaveWarning is null;
        _ledger.SaveWarning = warning;
        if (isNews && warning is not null)
            _state.Say(_ => new TorrentWarning(TorrentId, warning));
        else if (isNews)
            _state.Changed();
    }

    private MetadataProgress Progress() => _fetcher.Progress(Network.Peers.Connected.Count, Network.Peers.Directory.Count);

    private TorrentStatus MakeStatus() => _ledger.MakeStatus(Network.Trackers.Snapshot(), Progress(), Network.Peers);
}
