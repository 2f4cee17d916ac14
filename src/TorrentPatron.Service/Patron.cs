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
/// A handle on a service's torrents. Create as many as you like; each may be used from any thread. A patron owns the torrents that it
/// starts: it alone receives their messages, and they end with it.
/// </summary>
/// <remarks>
/// Requests are carried out and answered in the order in which the patron made them. A failure is an answer, not an exception. Cancelling
/// ends a wait (and the reading of a source), never a torrent. Events are raised one after another on a thread pool thread; exceptions of
/// handlers are ignored.
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

    /// <summary>One of this patron's torrents has been started.</summary>
    public event EventHandler<TorrentEventArgs<NewTorrentCreated>>? NewTorrentCreated;

    /// <summary>This patron asked to start a torrent that already runs.</summary>
    public event EventHandler<TorrentEventArgs<TorrentAlreadyDownloading>>? TorrentAlreadyDownloading;

    /// <summary>A torrent that this patron asked for could not be started.</summary>
    public event EventHandler<TorrentEventArgs<TorrentStartFail>>? TorrentStartFail;

    /// <summary>The status of one of this patron's torrents: every few seconds while it is active.</summary>
    public event EventHandler<TorrentEventArgs<TorrentStatusUpdate>>? TorrentStatusUpdate;

    /// <summary>The state of one of this patron's torrents has changed.</summary>
    public event EventHandler<TorrentEventArgs<TorrentStateChanged>>? StateChanged;

    /// <summary>One of this patron's torrents has every wanted piece.</summary>
    public event EventHandler<TorrentEventArgs<TorrentCompleted>>? Completed;

    /// <summary>One of this patron's torrents has reached its seed goal and is suspended.</summary>
    public event EventHandler<TorrentEventArgs<SeedGoalReached>>? SeedGoalReached;

    /// <summary>The metadata of one of this patron's torrents has arrived.</summary>
    public event EventHandler<TorrentEventArgs<MetadataReceived>>? MetadataReceived;

    /// <summary>This patron has removed a torrent, or another has removed one of this patron's.</summary>
    public event EventHandler<TorrentEventArgs<TorrentRemoved>>? Removed;

    /// <summary>One of this patron's torrents has a problem that may need attention.</summary>
    public event EventHandler<TorrentEventArgs<TorrentWarning>>? Warning;

    /// <summary>Its unique id.</summary>
    public Guid Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The service whose engine it shares.</summary>
    public ITorrentService Service { get; }

    /// <summary>Whether the engine runs in another process: the torrents then continue when the patron is stopped.</summary>
    public bool IsRemote => Service.IsRemote;

    /// <summary>The scope of a service in another process: the user's or the machine's; null for a service in this process.</summary>
    public ServiceScope? Scope => Service.Scope;

    /// <summary>Whether its service can be reached; always true if the engine runs in this process.</summary>
    public bool IsConnected => Service.Fault is null && Service.Interruption is null;

    /// <summary>Whether a lost connection to a service in another process is restored automatically, for a while.</summary>
    public bool Reconnects => Service.Reconnects;

    /// <summary>The engine's download limit for all torrents together, in bytes/s; 0 means no limit.</summary>
    public long MaxDownloadRate => Service.Settings.Client.Limits.Download;

    /// <summary>The engine's upload limit for all torrents together, in bytes/s; 0 means no limit.</summary>
    public long MaxUploadRate => Service.Settings.Client.Limits.Upload;

    /// <summary>Whether these limits apply to peers in the local network too.</summary>
    public bool LimitLocalPeers => Service.Settings.Client.LimitLocalPeers;

    /// <summary>The peer classes with their own limits; the first that contains a peer's address applies.</summary>
    public ReadOnlyCollection<PeerClass> PeerClasses => Service.Settings.Client.PeerClasses;

    /// <summary>Maximum number of connected peers in all.</summary>
    public int MaxPeers => Service.Settings.Client.MaxPeers;

    /// <summary>Maximum number of connected peers per torrent.</summary>
    public int MaxPeersPerTorrent => Service.Settings.Client.MaxPeersPerTorrent;

    /// <summary>Maximum number of torrents that download at a time; 0 means no limit.</summary>
    public int MaxActiveDownloads => Service.Settings.Client.MaxActiveDownloads;

    /// <summary>Maximum number of torrents that seed at a time; 0 means no limit.</summary>
    public int MaxActiveSeeds => Service.Settings.Client.MaxActiveSeeds;

    /// <summary>Whether the engine's connections to peers are encrypted.</summary>
    public EncryptionPolicy Encryption => Service.Settings.Client.Encryption;

    /// <summary>The transport protocols for peer connections.</summary>
    public TransportPolicy Transport => Service.Settings.Client.Transport;

    /// <summary>Whether the engine asks the router to forward the port.</summary>
    public PortMappingPolicy PortMapping => Service.Settings.Client.PortMapping;

    /// <summary>The proxy for the engine's outgoing connections; null means none.</summary>
    public ProxySettings? Proxy => Service.Settings.Client.Proxy;

    /// <summary>Time between two status updates of an active torrent.</summary>
    public TimeSpan StatusInterval => Service.Settings.Client.StatusInterval;

    /// <summary>Whether it has been stopped: every answer is then a <see cref="TorrentErrorId.PatronStopped"/> failure.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Snapshots of all the service's torrents, in the order in which they were started. Never waits.</summary>
    public ReadOnlyCollection<TorrentStatus> Statuses =>
        Running?.GetStatuses() is { } statuses ? new(statuses as TorrentStatus[] ?? [.. statuses]) : [];

    /// <summary>Snapshots of this patron's own torrents, in the order in which they were started. Never waits.</summary>
    public ReadOnlyCollection<TorrentStatus> OwnStatuses => Running is not { } engine
        ? []
        : [.. engine.GetStatuses().Where(status => TorrentId.TryParse(status.InfoHash, out TorrentId torrent) && engine.Owns(this, torrent))];

    /// <summary>
    /// Receives the messages of the patron's torrents as they arrive, possibly before the answers about them; must not block. Set it before use.
    /// </summary>
    internal Action<TorrentMessage>? MessageListener { get; set; }

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

    /// <summary>The metainfo of one of the service's torrents; null if it does not run or is not known yet. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public TorrentMetainfo? GetMetainfo(TorrentId torrent) => Running?.GetMetainfo(torrent);

    /// <summary>The files of one of the service's torrents, in its order; empty while they are unknown. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public ReadOnlyCollection<FileSnapshot> GetFiles(TorrentId torrent) => [.. Running?.GetFiles(torrent) ?? []];

    /// <summary>The connected peers of one of the service's torrents. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public ReadOnlyCollection<PeerSnapshot> GetPeers(TorrentId torrent) => [.. Running?.GetPeers(torrent) ?? []];

    /// <summary>The peers that left one of the service's torrents recently, the latest first. Never waits.</summary>
    /// <param name="torrent">Which torrent.</param>
    public ReadOnlyCollection<ClosedPeer> GetClosedPeers(TorrentId torrent) => [.. Running?.GetClosedPeers(torrent) ?? []];

    /// <summary>
    /// Starts a torrent. One that already runs is joined: it receives the request's peers and trackers, and continues if it was suspended or
    /// had failed.
    /// </summary>
    /// <param name="request">The torrent and its options.</param>
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
    /// Finds out the metadata of a torrent: reads a .torrent, or fetches the metadata of a magnet link from peers. The torrent is not downloaded
    /// and, unless it already runs, not saved.
    /// </summary>
    /// <param name="request">The source, additional peers and trackers, and the time limit.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="TorrentException">The metadata cannot be found out; the error says why.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<TorrentMetainfo> FetchMetadataAsync(StartRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _backend.FetchMetadataAsync(this, request, cancellationToken);
    }

    /// <summary>
    /// Starts a torrent that an earlier session has saved, as it was: with its destination, suspended or not, with its trackers, choice of
    /// files, limits, goals and tags. Answered as <see cref="StartAsync(StartRequest, CancellationToken)"/> is.
    /// </summary>
    /// <param name="saved">Its saved state; see <see cref="StateFolder.Enumerate"/>.</param>
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

    /// <summary>Stops a torrent of any patron. Answered by <see cref="TorrentClosed"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> CloseAsync(TorrentId torrent, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new CloseTorrent(id, torrent), cancellationToken);

    /// <summary>Suspends a torrent, which leaves its swarm. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> SuspendAsync(TorrentId torrent, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new SuspendTorrent(id, torrent), cancellationToken);

    /// <summary>Resumes a suspended torrent. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> ResumeAsync(TorrentId torrent, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new ResumeTorrent(id, torrent), cancellationToken);

    /// <summary>
    /// Hashes the data on disk. Answered at its end by <see cref="TorrentChecked"/> or <see cref="CommandFail"/> (by <see cref="CommandDone"/>
    /// if the engine lacks <see cref="ClientCapabilities.BadPieces"/>); the answers to this patron's later requests wait for it.
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

    /// <summary>Removes web seeds. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="webSeeds">Which web seeds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> RemoveWebSeedsAsync(TorrentId torrent, IReadOnlyList<Uri> webSeeds, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new RemoveWebSeeds(id, torrent, webSeeds), cancellationToken);

    /// <summary>Changes a torrent's limits, goal, tags and order. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="options">The changes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> SetAsync(TorrentId torrent, TorrentOptions options, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new SetTorrent(id, torrent, options), cancellationToken);

    /// <summary>Changes the priorities of files. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="priorities">Priority of each of the torrent's files, in its order, including padding.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> SetFilePrioritiesAsync(
        TorrentId torrent, IReadOnlyList<FilePriority> priorities, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new SetFilePriorities(id, torrent, priorities), cancellationToken);

    /// <summary>
    /// Moves a torrent's files to another folder; statuses show the progress. Answered at its end by <see cref="CommandDone"/> or
    /// <see cref="CommandFail"/>; the answers to this patron's later requests wait for it.
    /// </summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="destination">Absolute path of the new folder.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> MoveAsync(TorrentId torrent, string destination, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new MoveTorrent(id, torrent, destination), cancellationToken);

    /// <summary>
    /// Stops a torrent of any patron and deletes its saved state; also one that is only saved. Answered by <see cref="TorrentRemoved"/> or
    /// <see cref="CommandFail"/>.
    /// </summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="deleteData">Whether to delete the files that it made too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> RemoveAsync(TorrentId torrent, bool deleteData, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new RemoveTorrent(id, torrent, deleteData), cancellationToken);

    /// <summary>Removes trackers. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="trackers">Which trackers.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> RemoveTrackersAsync(
        TorrentId torrent, IReadOnlyList<Uri> trackers, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new RemoveTrackers(id, torrent, trackers), cancellationToken);

    /// <summary>Asks trackers for peers as soon as they allow it. Answered by <see cref="CommandDone"/> or <see cref="CommandFail"/>.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="trackers">The trackers; empty means all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<TorrentAnswer> AnnounceAsync(
        TorrentId torrent, IReadOnlyList<Uri> trackers, CancellationToken cancellationToken = default) =>
        CommandAsync(torrent, id => new AnnounceNow(id, torrent, trackers), cancellationToken);

    /// <summary>
    /// Waits until a torrent of any patron meets a condition, has failed or is closed, or until this patron is stopped.
    /// </summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="until">The condition on its status; the current status is tested too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The status at the end of the wait; null if the service runs no such torrent.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TorrentException">The service in another process has gone.</exception>
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
    /// The statuses of torrents of any patron: the current ones, and each change. A slow reader gets only the latest status of each torrent.
    /// Ends when all the chosen torrents have been closed, or with the engine or this patron.
    /// </summary>
    /// <param name="torrents">The torrents; null means all, including those that are started later.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="TorrentException">The service in another process has gone.</exception>
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
    /// Opens the outbox, which receives every message for this patron from now on, in order; opening it again returns the same one. It keeps
    /// the latest 10,000 unread messages, and ends with the patron.
    /// </summary>
    public ChannelReader<TorrentMessage> OpenOutbox() => _mailbox.OpenOutbox();

    /// <summary>
    /// Waits until the events for all of the engine's messages so far have been raised. Do not await it in a handler of this patron's events:
    /// the next event is raised when the handler returns.
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
    /// Stops the patron and, unless it <see cref="IsRemote"/>, its torrents; the engine ends with the last patron. May be called more than once.
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
    void IRequester.Receive(TorrentMessage message)
    {
        MessageListener?.Invoke(message);
        _answers.Pass(message);
    }

    /// <summary>Sends the engine a command about a torrent.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="make">Creates the command from its correlation id.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal Task<TorrentAnswer> CommandAsync(
        TorrentId torrent, Func<long, TorrentCommand> make, CancellationToken cancellationToken = default) =>
        BeginAsync(
            new PendingAnswer(_backend.NextId(), torrent, isStart: false),
            (pending, turn) => _backend.CommandAsync(this, make(pending.Id), pending, turn),
            cancellationToken);

    /// <summary>Accepts no more requests, and waits until the pending starts have been carried out.</summary>
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
        // The caller continues at once, however long a source or the disk takes.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        TorrentAnswer? answer;
        try
        {
            answer = await carryOut(pending, turn).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            answer = null; // cancelled while the source was still being read
        }
        catch (TorrentException fault)
        {
            answer = pending.Fail(fault.Error);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            EngineEvents.Log.FaultCaught(null, "a patron's request", fault);
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

        // Callers on other threads continue; a start that the engine already has is closed by the code that runs it.
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

    /// <summary>The action that raises an event; null if it has no handlers.</summary>
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
                    // An exception of a handler must not keep the message from the other handlers.
                    EngineEvents.Log.FaultCaught(message.TorrentId, "event handler", fault);
                }
            }
        };
    }
}
