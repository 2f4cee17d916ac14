using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Remote.Client;

/// <summary>
/// A mirror of the torrents of another process' service: statuses are pushed here, so that asking for them never waits. Files, peers and
/// metainfos are asked for when they are wanted. Thread-safe.
/// </summary>
internal sealed class RemoteEngine : IEngineView
{
    /// <summary>Longest wait for what is asked for.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new(); // a leaf
    private readonly OrderedDictionary<TorrentId, TorrentStatus> _statuses = [];
    private volatile StatusWatchers _watchers = new();
    private readonly NewsRouter _news;
    private RpcConnection? _connection;
    private volatile TorrentError? _fault;

    /// <summary>Makes an empty mirror.</summary>
    /// <param name="news">Knows which patron owns which torrent.</param>
    public RemoteEngine(NewsRouter news) => _news = news;

    /// <inheritdoc/>
    public TorrentError? Fault => _fault;

    /// <summary>The connection to the service.</summary>
    public RpcConnection Connection
    {
        private get => _connection!;
        set => _connection = value;
    }

    /// <summary>Takes what the service tells of statuses.</summary>
    public void Take(StatusesDto statuses)
    {
        if (statuses.IsReset)
            Reset();
        foreach (TorrentStatus status in Read(statuses.Gone))
        {
            TorrentId torrent = Wire.ToTorrent(status.InfoHash);
            lock (_gate)
                _statuses.Remove(torrent);
            _news.Forget(torrent);
            _watchers.See(torrent, status with { State = TorrentState.Stopped }, isLast: true);
        }

        foreach (TorrentStatus status in Read(statuses.Changed))
        {
            TorrentId torrent = Wire.ToTorrent(status.InfoHash);
            lock (_gate)
            {
                if (_fault is null)
                    _statuses[torrent] = status;
            }

            _watchers.See(torrent, status, isLast: false);
        }
    }

    /// <summary>The connection has ended: nothing is known of the torrents any more, and whoever waits for them is told.</summary>
    public void End(TorrentError why)
    {
        lock (_gate)
        {
            _fault ??= why;
            _statuses.Clear();
        }

        _watchers.EndAll();
    }

    /// <inheritdoc/>
    public TorrentStatus? GetStatus(TorrentId torrent)
    {
        lock (_gate)
            return _statuses.GetValueOrDefault(torrent);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TorrentStatus> GetStatuses()
    {
        lock (_gate)
            return [.. _statuses.Values];
    }

    /// <inheritdoc/>
    public TorrentMetainfo? GetMetainfo(TorrentId torrent) => Ask(Methods.GetMetainfo, QueryOf(torrent)).ToMetainfo();

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
    public bool Owns(IRequester requester, TorrentId torrent) => _news.Owns(requester, torrent);

    /// <inheritdoc/>
    public StatusWatch Watch(TorrentId torrent)
    {
        StatusWatchers watchers = _watchers;
        var watch = new StatusWatch(torrent, watchers.Remove);
        watchers.Add(watch);
        return watch;
    }

    /// <inheritdoc/>
    public StatusFeed Feed(IReadOnlyCollection<TorrentId>? torrents)
    {
        StatusWatchers watchers = _watchers;
        var feed = new StatusFeed(torrents, watchers.Remove);
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
            // The connection has ended: there is nothing more to come.
        }
    }

    /// <summary>Asks the service, and waits for the answer on this thread.</summary>
    /// <exception cref="TorrentException">It cannot be reached, does not answer in time, or refuses.</exception>
    public TResult Ask<TParams, TResult>(RpcMethod<TParams, TResult> method, TParams parameters)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return Task.Run(() => Connection.CallAsync(method, parameters, patience.Token)).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException fault)
        {
            throw new TorrentException(ClientErrors.NoAnswer(method.Name, Patience), fault);
        }
    }

    private static QueryDto QueryOf(TorrentId torrent) => new() { InfoHash = Wire.OfTorrent(torrent) };

    private static IEnumerable<TorrentStatus> Read(StatusDto[]? statuses) =>
        (statuses ?? []).OfType<StatusDto>().Select(status => status.ToStatus()).Where(status => TorrentId.TryParse(status.InfoHash, out _));

    private void Reset()
    {
        TorrentStatus[] gone;
        lock (_gate)
        {
            gone = [.. _statuses.Values];
            _statuses.Clear();
        }

        foreach (TorrentStatus status in gone)
            _news.Forget(Wire.ToTorrent(status.InfoHash));

        // Watches end with the engine, as it was last seen; those of the next one are new.
        StatusWatchers ended = _watchers;
        _watchers = new StatusWatchers();
        ended.EndAll();
    }
}
