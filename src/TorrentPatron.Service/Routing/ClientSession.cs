using System.Collections.Concurrent;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// One engine from its creation to its end, with the routing of its messages: answers go to the patron that asked, other messages of a
/// torrent to the patron that owns it.
/// </summary>
internal sealed class ClientSession : IEngineView, IAsyncDisposable
{
    private readonly ConcurrentDictionary<long, SentCommand> _sent = new();
    private readonly ConcurrentDictionary<TorrentId, IRequester> _owners = new();
    private readonly ConcurrentDictionary<TorrentId, List<TorrentMessage>> _early = new();
    private readonly StatusWatchers _watchers = new();
    private readonly Task<ITorrentClient> _started;
    private readonly Action<TorrentMessage, Func<TorrentMessage, TorrentStatus?>> _published;

    /// <summary>Held while messages are routed, so that they stay in order whichever thread routes them.</summary>
    private readonly Lock _routing = new();
    private volatile ITorrentClient? _client;
    private volatile TorrentError? _end;
    private volatile bool _isClosing;
    private Task _reading = Task.CompletedTask;

    /// <summary>Creates the engine as soon as the previous one has ended. Does not block.</summary>
    public ClientSession(
        Task predecessorGone, Func<ITorrentClient> makeClient, Action started, Action<TorrentMessage, Func<TorrentMessage, TorrentStatus?>> published)
    {
        _published = published;
        _started = StartAsync(predecessorGone, makeClient, started);
    }

    /// <summary>Whether the engine could not be created, or has ended.</summary>
    public bool IsOver => _end is not null || _started.IsFaulted;

    /// <summary>The engine while it runs.</summary>
    public ITorrentClient? Client => IsOver ? null : _client;

    /// <inheritdoc/>
    TorrentError? IEngineView.Fault => null;

    /// <summary>Number of running torrents, without a look at each.</summary>
    public int Torrents => _owners.Count;

    /// <summary>Waits for the engine.</summary>
    /// <exception cref="TorrentException">The engine could not be created.</exception>
    public Task<ITorrentClient> StartedAsync(CancellationToken cancellationToken) => _started.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public TorrentStatus? GetStatus(TorrentId torrent) => Client?.GetStatus(torrent);

    /// <inheritdoc/>
    public IReadOnlyList<TorrentStatus> GetStatuses() => Client?.GetStatuses() ?? [];

    /// <inheritdoc/>
    public TorrentMetainfo? GetMetainfo(TorrentId torrent) => Client?.GetMetainfo(torrent);

    /// <inheritdoc/>
    public IReadOnlyList<FileSnapshot> GetFiles(TorrentId torrent) => Client?.GetFiles(torrent) ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> GetPeers(TorrentId torrent) => Client?.GetPeers(torrent) ?? [];

    /// <inheritdoc/>
    public IReadOnlyList<ClosedPeer> GetClosedPeers(TorrentId torrent) => Client?.GetClosedPeers(torrent) ?? [];

    /// <summary>Sends a command to the started engine and returns its answer.</summary>
    /// <param name="requester">The patron that asks.</param>
    /// <param name="torrent">Which torrent it is about.</param>
    /// <param name="command">The command.</param>
    /// <param name="warnings">Warnings to add to the answer that the torrent has been started; null means none.</param>
    public async Task<TorrentAnswer> SendAsync(
        IRequester requester, TorrentId torrent, TorrentCommand command, IReadOnlyList<TorrentError>? warnings = null)
    {
        var sent = new SentCommand(requester, torrent, command) { Warnings = warnings ?? [] };
        _sent[command.CorrelationId] = sent;
        if (command is CreateNewTorrent)
            _early[torrent] = [];
        try
        {
            _client!.Post(command);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            // Engines are plugins: an exception of one must not cost anyone an answer.
            Fail(command.CorrelationId, Record(fault));
        }

        // The engine may have ended after its open commands were failed and before this one was added.
        if (_end is { } end)
            Fail(command.CorrelationId, end);
        return await sent.Answered.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public bool Owns(IRequester requester, TorrentId torrent) => _owners.TryGetValue(Find(torrent), out IRequester? owner) && owner == requester;

    /// <summary>The torrents that a patron owns.</summary>
    public IReadOnlyList<TorrentId> OwnedBy(IRequester requester) =>
        [.. _owners.Where(pair => pair.Value == requester).Select(pair => pair.Key)];

    /// <summary>Transfers a patron's torrents to another patron, which receives their messages from now on.</summary>
    public void HandOver(IRequester owner, IRequester heir)
    {
        foreach ((TorrentId torrent, IRequester before) in _owners)
        {
            if (before == owner)
                _owners.TryUpdate(torrent, heir, owner);
        }
    }

    /// <summary>Transfers some of a patron's torrents to another patron.</summary>
    public void HandOver(IRequester owner, IRequester heir, IEnumerable<TorrentId> torrents)
    {
        foreach (TorrentId torrent in torrents)
            _owners.TryUpdate(torrent, heir, owner);
    }

    /// <inheritdoc/>
    public StatusWatch Watch(TorrentId torrent) => Enter(new StatusWatch(Find(torrent), _watchers.Remove));

    /// <inheritdoc/>
    public StatusFeed Feed(IReadOnlyCollection<TorrentId>? torrents) => Enter(new StatusFeed(torrents?.Select(Find).ToArray(), _watchers.Remove));

    /// <summary>Adds a watcher.</summary>
    public void Add(IStatusWatcher watcher) => Enter(watcher);

    /// <summary>Removes a watcher.</summary>
    public void Remove(IStatusWatcher watcher) => _watchers.Remove(watcher);

    /// <summary>Routes the engine's messages so far.</summary>
    public Task CatchUpAsync(CancellationToken cancellationToken)
    {
        if (Client is not { } client)
            return Task.CompletedTask;
        try
        {
            // A torrent reports a change in several messages as one step: a caller that saw the change in the first finds the others here.
            client.GetStatuses();
            RouteAll(client.Messages);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            End(Record(fault));
        }

        return Task.CompletedTask;
    }

    /// <summary>Ends the engine; open commands are answered as stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        // Off the caller's thread, which may hold a lock or be the reader of the messages that end below.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _isClosing = true;
        await ((Task)_started).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_client is { } client)
        {
            try
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                // There is nobody left to report to, and the next client must not wait for ever.
                End(Record(fault));
            }
        }

        End(ServiceErrors.Stopped);
        await _reading.ConfigureAwait(false);
    }

    /// <summary>The id with which a torrent runs; the given one if it does not run.</summary>
    private TorrentId Find(TorrentId torrent) => Client?.Find(torrent) ?? torrent;

    private TWatcher Enter<TWatcher>(TWatcher watch)
        where TWatcher : IStatusWatcher
    {
        _watchers.Add(watch);
        if (IsOver)
            watch.End();
        return watch;
    }

    private async Task<ITorrentClient> StartAsync(Task predecessorGone, Func<ITorrentClient> makeClient, Action started)
    {
        await predecessorGone.ConfigureAwait(ConfigureAwaitOptions.ForceYielding | ConfigureAwaitOptions.SuppressThrowing);
        ITorrentClient client;
        try
        {
            client = makeClient();
        }
        catch (Exception fault) when (fault is not (TorrentException or OutOfMemoryException))
        {
            throw new TorrentException(Record(fault), fault);
        }

        _client = client;
        _reading = ReadAsync(client);
        started();
        return client;
    }

    private async Task ReadAsync(ITorrentClient client)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (await client.Messages.WaitToReadAsync().ConfigureAwait(false))
                RouteAll(client.Messages);
            End(_isClosing ? ServiceErrors.Stopped : ServiceErrors.ClientEnded);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            End(Record(fault));
        }
    }

    private void RouteAll(ChannelReader<TorrentMessage> messages)
    {
        lock (_routing)
        {
            while (messages.TryRead(out TorrentMessage? message))
                Route(message);
        }
    }

    private void Route(TorrentMessage message)
    {
        // Watchers first, so that a patron with an answer finds there what the answer tells.
        if (message.Status() is { } status)
            _watchers.See(message.TorrentId, status, isLast: message is TorrentClosed or TorrentRemoved);

        if (message is TorrentAnswer answer)
            RouteAnswer(answer);
        else if (_owners.TryGetValue(message.TorrentId, out IRequester? owner))
            owner.Receive(message);
        else if (_early.TryGetValue(message.TorrentId, out List<TorrentMessage>? early))
            early.Add(message);
        _published(message, of => GetStatus(of.TorrentId));
    }

    private void RouteAnswer(TorrentAnswer answer)
    {
        if (!_sent.TryRemove(answer.CorrelationId, out SentCommand? command))
            return;
        // Messages of a torrent that was still starting now have an owner.
        List<TorrentMessage>? early = null;
        if (command.IsStart)
            _early.TryRemove(command.Torrent, out early);
        if (answer is NewTorrentCreated created)
        {
            answer = created = created with { Warnings = [.. command.Warnings] };
            // At once, not through the awaiting task, so that no later message overtakes it.
            _owners[answer.TorrentId] = command.Requester;
            command.Requester.Receive(created);
            early?.ForEach(command.Requester.Receive);
        }
        else if (answer is TorrentClosed)
        {
            _owners.TryRemove(answer.TorrentId, out _);
        }
        else if (answer is TorrentRemoved && _owners.TryRemove(answer.TorrentId, out IRequester? owner) && owner != command.Requester)
        {
            // The owner is told that another patron has removed its torrent.
            owner.Receive(answer);
        }

        command.Answer(answer);
    }

    private static TorrentError Record(Exception fault)
    {
        EngineEvents.Log.FaultCaught(null, "service", fault);
        return ServiceErrors.Unexpected(fault);
    }

    private void End(TorrentError why)
    {
        TorrentError end = Interlocked.CompareExchange(ref _end, why, null) ?? why;
        foreach ((long id, _) in _sent)
            Fail(id, end);
        _watchers.EndAll();
    }

    private void Fail(long id, TorrentError error)
    {
        if (_sent.TryRemove(id, out SentCommand? command))
            command.Fail(error);
    }
}
