using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Remote.Client;

/// <summary>
/// A mirror of the torrents of a service in another process: the service pushes statuses, so that reading them never waits. Files, peers and
/// metainfo are requested when needed. Thread-safe.
/// </summary>
internal sealed class RemoteEngine : IEngineView
{
    /// <summary>Longest wait for a request.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new(); // a leaf
    private readonly OrderedDictionary<TorrentId, Mirrored> _statuses = [];

    /// <summary>
    /// The order of the queue: the service does not push the statuses of all torrents behind one that has moved, so their positions are
    /// counted here.
    /// </summary>
    private QueueOrder _order = new();
    private readonly Dictionary<TorrentId, TorrentId> _byOtherHash = [];
    private volatile StatusWatchers _watchers = new();
    private readonly MessageRouter _router;
    private readonly TimeProvider _time;
    private RpcConnection? _connection;
    private volatile TorrentError? _fault;
    private volatile bool _isStale;

    /// <summary>The torrents when the connection was lost; null if there is nothing to catch up on.</summary>
    private Dictionary<TorrentId, TorrentStatus>? _before;

    /// <summary>The torrents that the service has reported since the connection was restored.</summary>
    private HashSet<TorrentId> _seen = [];

    /// <summary>Creates an empty mirror.</summary>
    /// <param name="router">Knows which patron owns which torrent.</param>
    /// <param name="time">The clock.</param>
    public RemoteEngine(MessageRouter router, TimeProvider time) => (_router, _time) = (router, time);

    /// <inheritdoc/>
    public TorrentError? Fault => _fault;

    /// <summary>Whether there is no connection, and the statuses are the last ones seen.</summary>
    public bool IsStale
    {
        set => _isStale = value;
    }

    /// <summary>The connection to the service.</summary>
    public RpcConnection Connection
    {
        private get => _connection!;
        set => _connection = value;
    }

    /// <summary>Takes statuses from the service.</summary>
    public void Take(StatusesDto statuses)
    {
        if (statuses.IsReset)
            Reset();
        foreach (TorrentStatus status in Read(statuses.Gone))
        {
            TorrentId torrent = Wire.ToTorrent(status.InfoHash);
            lock (_gate)
            {
                Remove(torrent);
                _before?.Remove(torrent);
            }

            _router.Forget(torrent);
            _watchers.See(torrent, status with { State = TorrentState.Stopped }, isLast: true);
        }

        foreach (TorrentStatus status in Read(statuses.Changed))
        {
            TorrentId torrent = Wire.ToTorrent(status.InfoHash);
            lock (_gate)
            {
                if (_fault is null)
                    Put(torrent, status);
                if (_before is not null)
                    _seen.Add(torrent);
            }

            _watchers.See(torrent, status, isLast: false);
        }
    }

    /// <summary>
    /// Notes that the connection is restored: torrents that the service does not report from now on no longer run. They stay as they were until
    /// <see cref="EndCatchUp"/>.
    /// </summary>
    public void BeginCatchUp()
    {
        lock (_gate)
        {
            _before ??= [];
            foreach ((TorrentId torrent, Mirrored known) in _statuses)
                _before.TryAdd(torrent, known.Status);
            _seen = [];
        }

        _router.BeginCatchUp();
    }

    /// <summary>Notes that the service has reported all torrents, and reports what happened to those that were there before.</summary>
    public void EndCatchUp()
    {
        var changes = new List<(TorrentId Torrent, TorrentStatus Before, TorrentStatus? Now)>();
        lock (_gate)
        {
            foreach ((TorrentId torrent, TorrentStatus before) in _before ?? [])
            {
                if (!_seen.Contains(torrent))
                    Remove(torrent);
                changes.Add((torrent, before, _statuses.GetValueOrDefault(torrent)?.Status));
            }

            _before = null;
            _seen = [];
        }

        foreach ((TorrentId torrent, TorrentStatus before, TorrentStatus? now) in changes)
        {
            TorrentStatus status = now ?? before with { State = TorrentState.Stopped, DownloadRate = 0, UploadRate = 0, ConnectedPeers = 0 };
            _router.CatchUp(torrent, before, status);
            if (now is null)
            {
                _router.Forget(torrent);
                _watchers.See(torrent, status, isLast: true);
            }
        }

        _router.EndCatchUp();
    }

    /// <summary>Notes that the connection has ended: nothing is known about the torrents any more, and their watchers are told.</summary>
    public void End(TorrentError why)
    {
        lock (_gate)
        {
            _fault ??= why;
            Clear();
            _before = null;
        }

        _watchers.EndAll();
    }

    /// <inheritdoc/>
    public TorrentStatus? GetStatus(TorrentId torrent)
    {
        lock (_gate)
            return _statuses.TryGetValue(FindLocked(torrent), out Mirrored? known) ? Renewed(known) : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<TorrentStatus> GetStatuses()
    {
        lock (_gate)
            return [.. _statuses.Values.Select(Renewed)];
    }

    /// <inheritdoc/>
    public TorrentMetainfo? GetMetainfo(TorrentId torrent) => Ask(Methods.GetMetainfo, QueryOf(torrent)).WithRestAsync(offset =>
    {
        QueryDto query = QueryOf(torrent);
        query.Offset = offset;
        return Task.FromResult(Ask(Methods.GetMetainfo, query));
    }).GetAwaiter().GetResult().ToMetainfo();

    /// <inheritdoc/>
    public IReadOnlyList<FileSnapshot> GetFiles(TorrentId torrent)
    {
        var files = new List<FileSnapshot>();
        while (true)
        {
            QueryDto query = QueryOf(torrent);
            query.Offset = files.Count;
            FilesDto part = Ask(Methods.GetFiles, query);
            files.AddRange(Wire.ToList(part.Files, file => file.ToSnapshot()));
            if (part.Files is not { Length: > 0 } || files.Count >= part.Total)
                return files;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> GetPeers(TorrentId torrent) =>
        Wire.ToList(Ask(Methods.GetPeers, QueryOf(torrent)).Peers, peer => peer.ToSnapshot());

    /// <inheritdoc/>
    public IReadOnlyList<ClosedPeer> GetClosedPeers(TorrentId torrent) =>
        Wire.ToList(Ask(Methods.GetClosedPeers, QueryOf(torrent)).Peers, peer => peer.ToPeer());

    /// <inheritdoc/>
    public bool Owns(IRequester requester, TorrentId torrent) => _router.Owns(requester, Find(torrent));

    /// <inheritdoc/>
    public StatusWatch Watch(TorrentId torrent)
    {
        StatusWatchers watchers = _watchers;
        var watch = new StatusWatch(Find(torrent), watchers.Remove);
        watchers.Add(watch);
        return watch;
    }

    /// <inheritdoc/>
    public StatusFeed Feed(IReadOnlyCollection<TorrentId>? torrents)
    {
        StatusWatchers watchers = _watchers;
        var feed = new StatusFeed(torrents?.Select(Find).ToArray(), watchers.Remove);
        watchers.Add(feed);
        return feed;
    }

    /// <inheritdoc/>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Connection.CallAsync(Methods.Flush, RpcNothing.Value, cancellationToken).ConfigureAwait(false);
        }
        catch (TorrentException)
        {
            // The connection has ended: no more messages follow.
        }
    }

    /// <summary>Sends a request, and blocks until it is answered.</summary>
    /// <exception cref="TorrentException">The service cannot be reached, does not answer in time, or refuses.</exception>
    public TResult Ask<TParams, TResult>(RpcMethod<TParams, TResult> method, TParams parameters)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return Task.Run(() => Connection.CallAsync(method, parameters, patience.Token)).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException fault)
        {
            throw new TorrentException(ClientErrors.NoAnswer(method.Purpose, Patience), fault);
        }
    }

    /// <summary>
    /// A status with an updated time and position: nothing else has changed, since the service would have sent that. Without a connection that is
    /// not known, and the status stays unchanged. With the lock held.
    /// </summary>
    private TorrentStatus Renewed(Mirrored known)
    {
        if (_isStale)
            return known.Status;
        TorrentStatus status = known.Status;
        int? position = known.Place is { } place ? _order.PositionOf(place) : status.QueuePosition;
        if (position != status.QueuePosition)
            status = status with { QueuePosition = position };
        if (status.State != TorrentState.Seeding)
            return status;
        TimeSpan since = Instant.Now(_time) - known.Told;
        return status with { Timestamp = status.Timestamp + since, SeedingTime = status.SeedingTime + since };
    }

    /// <summary>Takes a torrent's status, and its place in the queue. With the lock held.</summary>
    private void Put(TorrentId torrent, TorrentStatus status)
    {
        QueuePlace? place = _statuses.GetValueOrDefault(torrent)?.Place;
        if (place?.Key != status.QueueKey)
        {
            if (place is not null)
                _order.Remove(place);
            place = status.QueueKey is { } key ? new QueuePlace(owner: null) { Key = key } : null;
            if (place is not null)
                _order.Add(place);
        }

        _statuses[torrent] = new Mirrored(status, Instant.Now(_time), place);
        if (status.OtherInfoHash is not null)
            _byOtherHash[Wire.ToTorrent(status.OtherInfoHash)] = torrent;
    }

    private void Remove(TorrentId torrent)
    {
        if (!_statuses.Remove(torrent, out Mirrored? known))
            return;
        if (known.Place is { } place)
            _order.Remove(place);
        if (known.Status.OtherInfoHash is not null)
            _byOtherHash.Remove(Wire.ToTorrent(known.Status.OtherInfoHash));
    }

    private void Clear()
    {
        _statuses.Clear();
        _byOtherHash.Clear();
        _order = new QueueOrder();
    }

    private TorrentId Find(TorrentId torrent)
    {
        lock (_gate)
            return FindLocked(torrent);
    }

    /// <summary>The id with which a torrent runs; the given one if it does not run.</summary>
    private TorrentId FindLocked(TorrentId torrent) =>
        !_statuses.ContainsKey(torrent) && _byOtherHash.TryGetValue(torrent, out TorrentId same) ? same : torrent;

    private static QueryDto QueryOf(TorrentId torrent) => new() { InfoHash = Wire.OfTorrent(torrent) };

    private static IEnumerable<TorrentStatus> Read(StatusDto[]? statuses) =>
        (statuses ?? []).OfType<StatusDto>().Select(status => status.ToStatus()).Where(status => TorrentId.TryParse(status.InfoHash, out _));

    private void Reset()
    {
        TorrentStatus[] gone;
        lock (_gate)
        {
            gone = [.. _statuses.Values.Select(known => known.Status)];
            Clear();
            _before?.Clear();
        }

        foreach (TorrentStatus status in gone)
            _router.Forget(Wire.ToTorrent(status.InfoHash));

        // Watchers end with the engine and its last statuses; the next one has new watchers.
        StatusWatchers ended = _watchers;
        _watchers = new StatusWatchers();
        ended.EndAll();
    }

    /// <summary>A torrent as the service last reported it.</summary>
    /// <param name="Status">Its status.</param>
    /// <param name="Told">When it was reported.</param>
    /// <param name="Place">Its place in the queue; null if it has none, or the service is of an earlier release.</param>
    private sealed record Mirrored(TorrentStatus Status, Instant Told, QueuePlace? Place);
}
