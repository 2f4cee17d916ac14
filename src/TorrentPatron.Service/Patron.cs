using System.Collections.ObjectModel;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Routing;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service;

/// <summary>
/// A handle on a service's torrents. Make as many as you like; each may be used from any thread. What a patron starts is
/// its own: it alone gets the torrent's news, and the torrent ends with it.
/// </summary>
/// <remarks>
/// Requests are carried out, and answered, in the order in which the patron made them. What fails is an answer, not an
/// exception. Cancelling ends a wait (and the reading of a source that is still being read), never a torrent. Events are
/// raised one after another, on a thread of the pool; what a handler throws is ignored.
/// </remarks>
public sealed class Patron : IRequester, IAsyncDisposable
{
    private readonly IPatronBackend _backend;
    private readonly AnswerQueue _answers;
    private readonly PatronMailbox _mailbox = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _startsSettled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Task _lastEntered = Task.CompletedTask;
    private Task? _disposal;
    private int _openStarts;
    private bool _isSettling;
    private volatile bool _isStopped;

    internal Patron(ITorrentService service, IPatronBackend backend, string? name, Guid? id = null)
    {
        Id = id ?? Guid.NewGuid();
        Service = service;
        _backend = backend;
        _answers = new AnswerQueue(Deliver);
        Name = string.IsNullOrEmpty(name) ? $"patron-{Id.ToString("N")[..8]}" : name;
    }

    /// <summary>A torrent of this patron's has been started.</summary>
    public event EventHandler<TorrentEventArgs<NewTorrentCreated>>? NewTorrentCreated;

    /// <summary>This patron asked to start a torrent that runs already.</summary>
    public event EventHandler<TorrentEventArgs<TorrentAlreadyDownloading>>? TorrentAlreadyDownloading;

    /// <summary>A torrent that this patron asked for could not be started.</summary>
    public event EventHandler<TorrentEventArgs<TorrentStartFail>>? TorrentStartFail;

    /// <summary>How a torrent of this patron's stands: every few seconds while something happens in it.</summary>
    public event EventHandler<TorrentEventArgs<TorrentStatusUpdate>>? TorrentStatusUpdate;

    /// <summary>A torrent of this patron's went from one state into another.</summary>
    public event EventHandler<TorrentEventArgs<TorrentStateChanged>>? StateChanged;

    /// <summary>A torrent of this patron's has every wanted piece.</summary>
    public event EventHandler<TorrentEventArgs<TorrentCompleted>>? Completed;

    /// <summary>A torrent of this patron's has seeded enough and is suspended.</summary>
    public event EventHandler<TorrentEventArgs<SeedGoalReached>>? SeedGoalReached;

    /// <summary>What is in a torrent of this patron's, started without, is known now.</summary>
    public event EventHandler<TorrentEventArgs<MetadataReceived>>? MetadataReceived;

    /// <summary>This patron has removed a torrent, or another has removed one of this patron's.</summary>
    public event EventHandler<TorrentEventArgs<TorrentRemoved>>? Removed;

    /// <summary>Something about a torrent of this patron's that may want attention.</summary>
    public event EventHandler<TorrentEventArgs<TorrentWarning>>? Warning;

    /// <summary>What tells this patron from all others.</summary>
    public Guid Id { get; }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>The service whose engine it shares.</summary>
    public ITorrentService Service { get; }

    /// <summary>Whether the engine runs in another process: then the torrents go on when the patron is stopped.</summary>
    public bool IsRemote => Service.IsRemote;

    /// <summary>Whose the service of another process is: the user's or the machine's; null: it is in this process.</summary>
    public ServiceScope? Scope => Service.Scope;

    /// <summary>Whether its service can be reached; always, where the engine runs in this process.</summary>
    public bool IsConnected => Service.Fault is null && Service.Interruption is null;

    /// <summary>Whether a service of another process that goes away is connected to again by itself, for a while.</summary>
    public bool Reconnects => Service.Reconnects;

    /// <summary>The most that the engine receives for all torrents, in bytes/s; 0: no limit.</summary>
    public long MaxDownloadRate => Service.Settings.Client.Limits.Download;

    /// <summary>The most that the engine sends for all torrents, in bytes/s; 0: no limit.</summary>
    public long MaxUploadRate => Service.Settings.Client.Limits.Upload;

    /// <summary>Whether these limits hold for peers in the local network too.</summary>
    public bool LimitLocalPeers => Service.Settings.Client.LimitLocalPeers;

    /// <summary>The classes of peers that have limits of their own, the first that has an address first.</summary>
    public ReadOnlyCollection<PeerClass> PeerClasses => Service.Settings.Client.PeerClasses;

    /// <summary>The most peers that the engine is connected to in all.</summary>
    public int MaxPeers => Service.Settings.Client.MaxPeers;

    /// <summary>The most peers that the engine is connected to for one torrent.</summary>
    public int MaxPeersPerTorrent => Service.Settings.Client.MaxPeersPerTorrent;

    /// <summary>Whether the engine's connections to peers are encrypted.</summary>
    public EncryptionPolicy Encryption => Service.Settings.Client.Encryption;

    /// <summary>The protocols by which the engine's peers are connected.</summary>
    public TransportPolicy Transport => Service.Settings.Client.Transport;

    /// <summary>Whether the engine asks the router to let peers in.</summary>
    public PortMappingPolicy PortMapping => Service.Settings.Client.PortMapping;

    /// <summary>The proxy by which the engine's connections leave; null: none.</summary>
    public ProxySettings? Proxy => Service.Settings.Client.Proxy;

    /// <summary>Time between two status updates of an active torrent.</summary>
    public TimeSpan StatusInterval => Service.Settings.Client.StatusInterval;

    /// <summary>Whether it has been stopped: then every answer is a <see cref="TorrentErrorId.PatronStopped"/> failure.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Snapshots of all the service's torrents, in the order in which they were started. Never waits.</summary>
    public ReadOnlyCollection<TorrentStatus> Statuses => [.. Running?.GetStatuses() ?? []];

    /// <summary>Snapshots of this patron's own torrents, in the order in which they were started. Never waits.</summary>
    public ReadOnlyCollection<TorrentStatus> OwnStatuses => Running is not { } engine
        ? []
        : [.. engine.GetStatuses().Where(status => TorrentId.TryParse(status.InfoHash, out TorrentId torrent) && engine.Owns(this, torrent))];

    /// <summary>
    /// Is given news of the patron's torrents as it comes, not yet behind the answers that tell of them; it must not block. Set at the beginning.
    /// </summary>
    internal Action<TorrentMessage>? NewsListener { get; set; }

    /// <inheritdoc/>
    CancellationToken IRequester.Stopping => _stopping.Token;

    private IEngineView? Running => IsStopped ? null : _backend.Engine;

    /// <summary>A snapshot of one of the service's torrents, or null. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public TorrentStatus? GetStatus(TorrentId torrent) => Running?.GetStatus(torrent);

    /// <summary>A snapshot of one of this patron's own torrents, or null. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public TorrentStatus? GetOwnStatus(TorrentId torrent) =>
        Running is { } engine && engine.Owns(this, torrent) ? engine.GetStatus(torrent) : null;

    /// <summary>What is in one of the service's torrents; null where it is not there or not known yet. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public TorrentMetainfo? GetMetainfo(TorrentId torrent) => Running?.GetMetainfo(torrent);

    /// <summary>The files of one of the service's torrents, in its order; none where they are not known. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public ReadOnlyCollection<FileSnapshot> GetFiles(TorrentId torrent) => [.. Running?.GetFiles(torrent) ?? []];

    /// <summary>The connected peers of one of the service's torrents. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public ReadOnlyCollection<PeerSnapshot> GetPeers(TorrentId torrent) => [.. Running?.GetPeers(torrent) ?? []];

    /// <summary>The peers of one of the service's torrents that have left last, the latest first. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public ReadOnlyCollection<ClosedPeer> GetClosedPeers(TorrentId torrent) => [.. Running?.GetClosedPeers(torrent) ?? []];

    /// <summary>
    /// Starts a torrent. One that runs already is joined: it gets the request's peers and trackers, and goes on where it was
    /// suspended or had failed.
    /// </summary>
    /// <param name="request">What to start, and how.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>
    /// <see cref="Engine.Client.NewTorrentCreated"/>, <see cref="Engine.Client.TorrentAlreadyDownloading"/> or
    /// <see cref="Engine.Client.TorrentStartFail"/>.
    /// </returns>
    public Task<TorrentAnswer> StartAsync(StartRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return BeginAsync(
            new PendingAnswer(_backend.NextId(), request.Metainfo?.TorrentId ?? default, isStart: true),
            (pending, turn) => StartAsync(request, pending, turn, cancellationToken),
            cancellationToken);
    }

    /// <summary>
    /// Finds out what is in a torrent: reads a .torrent, or has peers give the metadata of a magnet link. The torrent is not downloaded
    /// and, unless it runs anyway, not saved.
    /// </summary>
    /// <param name="request">The source; peers and trackers besides; how long it may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TorrentException">It cannot be found out; the error says why.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<TorrentMetainfo> FetchMetadataAsync(StartRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _backend.FetchMetadataAsync(this, request, cancellationToken);
    }

    /// <summary>
    /// Takes up a torrent that an earlier session has left, as it was: where it lay, suspended or not, with its trackers, choice of
    /// files, limits, goals and tags. Answered as <see cref="StartAsync(StartRequest, CancellationToken)"/> is.
    /// </summary>
    /// <param name="saved">What was saved of it; see <see cref="StateFolder.Enumerate"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> RestoreAsync(SavedTorrent saved, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(saved);
        return saved.Destination is null
            ? BeginAsync(
                new PendingAnswer(_backend.NextId(), saved.TorrentId, isStart: true),
                (_, _) => throw new TorrentException(ServiceErrors.Unrestorable(saved.TorrentId)), cancellationToken)
            : StartAsync(StartRequest.Of(saved), cancellationToken);
    }

    /// <summary>Stops a torrent, anybody's. Answered by <see cref="TorrentClosed"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> CloseAsync(TorrentId torrent, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new CloseTorrent(id, torrent), cancellationToken);

    /// <summary>Takes a torrent out of its swarm. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> SuspendAsync(TorrentId torrent, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new SuspendTorrent(id, torrent), cancellationToken);

    /// <summary>Wakes a torrent that rests. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> ResumeAsync(TorrentId torrent, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new ResumeTorrent(id, torrent), cancellationToken);

    /// <summary>
    /// Hashes what is on disk. Answered, when that is over, by <see cref="TorrentChecked"/> or <see cref="CommandFail"/> (by
    /// <see cref="CommandDone"/> where the engine lacks <see cref="ClientCapabilities.BadPieces"/>); the answers to this patron's later requests wait for it.
    /// </summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> RecheckAsync(TorrentId torrent, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new RecheckTorrent(id, torrent), cancellationToken);

    /// <summary>Adds peers and trackers. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="peers">Peers to add.</param>
    /// <param name="trackers">Trackers to add.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> AddSourcesAsync(
        TorrentId torrent,
        IReadOnlyList<IPEndPoint> peers,
        IReadOnlyList<Uri> trackers,
        CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new AddSources(id, torrent, peers, SourceAddresses.Trackers(trackers)), cancellationToken);

    /// <summary>Adds web seeds (BEP 19). Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="webSeeds">Their addresses: http or https.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> AddWebSeedsAsync(TorrentId torrent, IReadOnlyList<Uri> webSeeds, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new AddSources(id, torrent, [], []) { WebSeeds = SourceAddresses.WebSeeds(webSeeds) }, cancellationToken);

    /// <summary>Takes web seeds away. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="webSeeds">Which web seeds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> RemoveWebSeedsAsync(TorrentId torrent, IReadOnlyList<Uri> webSeeds, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new RemoveWebSeeds(id, torrent, webSeeds), cancellationToken);

    /// <summary>Changes a torrent's limits, goal, tags and order. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="options">What is to be other.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> SetAsync(TorrentId torrent, TorrentOptions options, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new SetTorrent(id, torrent, options), cancellationToken);

    /// <summary>Wants other files than before. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="priorities">Priority of each of the torrent's files, in its order, padding among them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> SetFilePrioritiesAsync(
        TorrentId torrent, IReadOnlyList<FilePriority> priorities, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new SetFilePriorities(id, torrent, priorities), cancellationToken);

    /// <summary>
    /// Takes a torrent's files to another folder; its progress is in the statuses meanwhile. Answered, when all is there, by
    /// <see cref="CommandDone"/> or <see cref="CommandFail"/>; the answers to this patron's later requests wait for it.
    /// </summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="destination">Absolute path of the folder below which the files are to lie.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> MoveAsync(TorrentId torrent, string destination, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new MoveTorrent(id, torrent, destination), cancellationToken);

    /// <summary>
    /// Stops a torrent, anybody's, and forgets it, with its saved state; one that is only saved too. Answered by <see cref="TorrentRemoved"/> or
    /// <see cref="CommandFail"/>.
    /// </summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="deleteData">Whether the files that it made are deleted too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> RemoveAsync(TorrentId torrent, bool deleteData, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new RemoveTorrent(id, torrent, deleteData), cancellationToken);

    /// <summary>Takes trackers away. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="trackers">Which trackers.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> RemoveTrackersAsync(
        TorrentId torrent, IReadOnlyList<Uri> trackers, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new RemoveTrackers(id, torrent, trackers), cancellationToken);

    /// <summary>Asks trackers for peers as soon as they allow it. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="trackers">Which trackers; empty: all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> AnnounceAsync(
        TorrentId torrent, IReadOnlyList<Uri> trackers, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new AnnounceNow(id, torrent, trackers), cancellationToken);

    /// <summary>
    /// Waits until a torrent, anybody's, is as wanted; or has failed, or is closed; or until this patron is stopped.
    /// </summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="until">Whether a status is what is waited for; it is asked for the present one too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The status at which the wait ended; null where the service runs no such torrent.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TorrentException">The service of another process has gone.</exception>
    public async Task<TorrentStatus?> WaitAsync(
        TorrentId torrent, Func<TorrentStatus, bool> until, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(until);
        cancellationToken.ThrowIfCancellationRequested();
        if (Running is not { } engine)
            return null;

        using StatusWatch watch = engine.Watch(torrent);
        TorrentStatus? status = engine.GetStatus(torrent);
        if (engine.Fault is { } gone)
            throw new TorrentException(gone);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            while (status is { State: not (TorrentState.Failed or TorrentState.Stopped) } && !until(status))
            {
                if (!await watch.Statuses.WaitToReadAsync(ending.Token).ConfigureAwait(false))
                    return engine.Fault is { } fault ? throw new TorrentException(fault) : status;
                if (watch.Statuses.TryRead(out TorrentStatus? next))
                    status = next;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The patron was stopped.
        }

        return status;
    }

    /// <summary>
    /// The statuses of torrents, anybody's: how they are now, and again as they change. Of each torrent a slow reader gets the
    /// latest only. Ends when all torrents chosen have been closed, or with the engine or this patron.
    /// </summary>
    /// <param name="torrents">Which torrents; null: all, also those that are started meanwhile.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TorrentException">The service of another process has gone.</exception>
    public async IAsyncEnumerable<TorrentStatus> WatchAsync(
        IReadOnlyCollection<TorrentId>? torrents = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Running is not { } engine)
            yield break;

        using StatusFeed feed = engine.Feed(torrents);
        using CancellationTokenRegistration stopping = _stopping.Token.UnsafeRegister(static feed => ((StatusFeed)feed!).End(), feed);
        feed.Begin(engine.GetStatuses());
        while (await feed.WaitAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (TorrentStatus status in feed.Take())
                yield return status;
        }

        if (engine.Fault is { } fault && !IsStopped)
            throw new TorrentException(fault);
    }

    /// <summary>
    /// Opens the outbox, where every message for this patron arrives in order from now on; opened again it is the same one.
    /// It keeps the latest 10,000 that have not been read, and ends with the patron.
    /// </summary>
    public ChannelReader<TorrentMessage> OpenOutbox() => _mailbox.OpenOutbox();

    /// <summary>
    /// Waits until the events of everything that the engine has said until now have been raised. Do not await it in a handler of this
    /// patron's events: the next event is raised when the handler returns.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task FlushEventsAsync(CancellationToken cancellationToken = default)
    {
        if (Running is { } engine)
            await engine.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        await _mailbox.FlushAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stops the patron and, unless it <see cref="IsRemote"/>, its torrents; with the last patron the engine ends. May be called more than once.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isStopped = true;
            if (_openStarts == 0)
                _startsSettled.TrySetResult();
            return new ValueTask(_disposal ??= StopAsync());
        }
    }

    /// <inheritdoc/>
    void IRequester.Receive(NewTorrentCreated answer) => _answers.Settle(answer);

    /// <inheritdoc/>
    void IRequester.Receive(TorrentMessage news)
    {
        NewsListener?.Invoke(news);
        _answers.Pass(news);
    }

    /// <summary>Has the engine carry out a command about a torrent.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="make">Makes the command, of its correlation id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal Task<TorrentAnswer> CommandAsync(
        TorrentId torrent, Func<long, TorrentCommand> make, CancellationToken cancellationToken = default) =>
        BeginAsync(
            new PendingAnswer(_backend.NextId(), torrent, isStart: false),
            (pending, turn) => _backend.CommandAsync(this, make(pending.Id), pending, turn),
            cancellationToken);

    /// <summary>Takes no more requests, and waits until the starts under way have been carried out.</summary>
    internal Task SettleAsync()
    {
        lock (_gate)
        {
            _isSettling = true;
            if (_openStarts == 0)
                _startsSettled.TrySetResult();
            return _startsSettled.Task;
        }
    }

    private Task<TorrentAnswer> BeginAsync(
        PendingAnswer pending,
        Func<PendingAnswer, RequestTurn, Task<TorrentAnswer>> carryOut,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<TorrentAnswer>(cancellationToken);

        RequestTurn turn;
        Task<TorrentAnswer> answer;
        lock (_gate)
        {
            if (_isStopped || _isSettling)
                return Task.FromResult(pending.Fail(ServiceErrors.Stopped));
            answer = pending.WaitAsync(cancellationToken);
            _answers.Add(pending);
            turn = new RequestTurn(_lastEntered);
            _lastEntered = turn.Entered;
            if (pending.IsStart)
                _openStarts++;
        }

        _ = CarryOutAsync(pending, turn, carryOut);
        return answer;
    }

    private async Task CarryOutAsync(
        PendingAnswer pending, RequestTurn turn, Func<PendingAnswer, RequestTurn, Task<TorrentAnswer>> carryOut)
    {
        // The caller goes on at once, whatever a source or the disk takes.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TorrentAnswer? answer;
        try
        {
            answer = await carryOut(pending, turn).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            answer = null; // taken back while the source was still being read
        }
        catch (TorrentException fault)
        {
            answer = pending.Fail(fault.Error);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            EngineEvents.Log.FaultCaught(null, "request of a patron", fault);
            answer = pending.Fail(ServiceErrors.Unexpected(fault));
        }

        _answers.Settle(pending, IsStopped ? pending.Fail(ServiceErrors.Stopped) : answer);
        await turn.GiveUpAsync().ConfigureAwait(false);
        if (pending.IsStart)
            EndStart();
    }

    private async Task<TorrentAnswer> StartAsync(
        StartRequest request, PendingAnswer pending, RequestTurn turn, CancellationToken cancellationToken)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        return await _backend.StartAsync(this, request, pending, turn, reading.Token).ConfigureAwait(false);
    }

    private void EndStart()
    {
        lock (_gate)
        {
            if (--_openStarts == 0 && (_isStopped || _isSettling))
                _startsSettled.TrySetResult();
        }
    }

    private async Task StopAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _answers.FailAll(ServiceErrors.Stopped);
        _mailbox.Close();

        _backend.Stopped(this);

        // Where others go on: a start that the engine has been told of already is closed by who carries it out.
        await _startsSettled.Task.ConfigureAwait(false);
        await _backend.ReleaseAsync(this).ConfigureAwait(false);
    }

    private void Deliver(TorrentMessage message) => _mailbox.Put(message, message switch
    {
        NewTorrentCreated created => Raise(NewTorrentCreated, created),
        TorrentAlreadyDownloading already => Raise(TorrentAlreadyDownloading, already),
        TorrentStartFail fail => Raise(TorrentStartFail, fail),
        TorrentStatusUpdate update => Raise(TorrentStatusUpdate, update),
        TorrentStateChanged changed => Raise(StateChanged, changed),
        TorrentCompleted completed => Raise(Completed, completed),
        SeedGoalReached reached => Raise(SeedGoalReached, reached),
        MetadataReceived received => Raise(MetadataReceived, received),
        TorrentRemoved removed => Raise(Removed, removed),
        TorrentWarning warning => Raise(Warning, warning),
        _ => null,
    });

    /// <summary>What is to be done to raise an event; null where nobody listens.</summary>
    private Action? Raise<TMessage>(EventHandler<TorrentEventArgs<TMessage>>? handlers, TMessage message)
        where TMessage : TorrentMessage
    {
        if (handlers is null)
            return null;

        return () =>
        {
            var args = new TorrentEventArgs<TMessage>(message);
            foreach (EventHandler<TorrentEventArgs<TMessage>> handler in Delegate.EnumerateInvocationList(handlers))
            {
                try
                {
                    handler(this, args);
                }
                catch (Exception fault) when (fault is not OutOfMemoryException)
                {
                    // A handler is a guest: what it throws is no reason to keep the message from the others.
                    EngineEvents.Log.FaultCaught(message.TorrentId, "event handler", fault);
                }
            }
        };
    }
}
