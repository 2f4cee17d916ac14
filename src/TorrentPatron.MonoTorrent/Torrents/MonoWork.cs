using System.Collections.Concurrent;
using System.Net;
using MonoTorrent;
using MonoTorrent.BEncoding;
using MonoTorrent.Client;
using MonoTorrent.Connections;
using MonoTorrent.PiecePicking;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.MonoTorrent.Network;
using TorrentPatron.MonoTorrent.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using MonoPeer = MonoTorrent.Client.PeerId;
using MonoState = MonoTorrent.Client.TorrentState;
using PeerId = TorrentPatron.Protocol.PeerId;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>
/// Moves a torrent's pieces with MonoTorrent: starts and stops it, with the pieces that we have verified, and supplies peers from
/// our directory, which knows bans and when an address may be retried.
/// </summary>
internal sealed class MonoWork : IWork
{
    /// <summary>How long MonoTorrent waits for trackers at the end, although it has none.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long MonoTorrent may take to start.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    /// <summary>The most addresses passed to MonoTorrent at once.</summary>
    private const int MostAtOnce = 30;

    /// <summary>
    /// The number of bad pieces, minus good ones since, after which a peer that contributed is banned. Honest peers share pieces
    /// with one that sends garbage, but have good ones too.
    /// </summary>
    private const int MostBadPieces = 3;

    private const string WrongData = "It sent corrupt data.";

    private readonly EngineResources _engine;
    private readonly MonoWorkshop _workshop;
    private readonly TorrentMetainfo _metainfo;
    private readonly TorrentStorage _storage;
    private readonly TorrentNetwork _network;
    private readonly IWorkEvents _events;
    private readonly PieceTally _tally;
    private readonly RateMeter _received;
    private readonly RateMeter _sent;
    private readonly Lock _gate = new();
    private readonly HashSet<IPEndPoint> _offered = [];

    /// <summary>The connection of each connected peer, which knows who ended it after MonoTorrent has dropped it.</summary>
    private readonly ConcurrentDictionary<MonoPeer, LimitedConnection> _connections = new();
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile IReadOnlyList<PeerSnapshot> _peers = [];
    private TorrentManager? _manager;
    private TorrentChoices _choices = TorrentChoices.None;
    private TaskCompletionSource _begun = new();
    private volatile bool _isJoined;

    /// <summary>Why the torrent has left the swarm; null if it has not.</summary>
    private volatile string? _leaving;
    private int _isLooking;
    private long _monitorReceived;
    private long _monitorSent;
    private int _failedPieces;
    private long _wasted;

    /// <summary>Creates the work; MonoTorrent does not know of it yet.</summary>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="workshop">The workshop.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files.</param>
    /// <param name="network">Its share of the network.</param>
    /// <param name="events">Receives the work's events.</param>
    public MonoWork(
        EngineResources engine, MonoWorkshop workshop, TorrentMetainfo metainfo, TorrentStorage storage, TorrentNetwork network, IWorkEvents events)
    {
        _engine = engine;
        _workshop = workshop;
        _metainfo = metainfo;
        _storage = storage;
        _network = network;
        _events = events;
        _tally = new PieceTally(metainfo, storage.Layout);
        _tally.Want([]);
        _received = new RateMeter(engine.Milliseconds);
        _sent = new RateMeter(engine.Milliseconds);
        Feed = new PeerFeed(metainfo.InfoHash);
        Limits = new ConnectionLimits(network.Download, network.Upload, engine.PeerClasses);
    }

    /// <summary>The error for sequential download, which it lacks.</summary>
    public static TorrentError InOrder { get; } = MonoWorkshop.Lacking("download pieces in order");

    /// <summary>The error for super-seeding, which it lacks.</summary>
    public static TorrentError Sparingly { get; } = MonoWorkshop.Lacking("super-seed");

    /// <summary>Supplies MonoTorrent's peers.</summary>
    public PeerFeed Feed { get; }

    /// <summary>The rate limits of its connections.</summary>
    public ConnectionLimits Limits { get; }

    /// <inheritdoc/>
    public PieceProgress Progress => _tally.Progress;

    /// <inheritdoc/>
    public bool IsComplete => _tally.IsComplete;

    /// <inheritdoc/>
    public long MissingBytes => _tally.MissingBytes;

    /// <inheritdoc/>
    public int FailedPieces => Volatile.Read(ref _failedPieces);

    /// <inheritdoc/>
    public RateMeter Received
    {
        get
        {
            Count();
            return _received;
        }
    }

    /// <inheritdoc/>
    public RateMeter Sent
    {
        get
        {
            Count();
            return _sent;
        }
    }

    /// <inheritdoc/>
    public long Wasted => Interlocked.Read(ref _wasted);

    /// <inheritdoc/>
    public (int Peers, int Seeds) Connected
    {
        get
        {
            IReadOnlyList<PeerSnapshot> peers = Peers();
            return (peers.Count, peers.Count(peer => peer.PercentComplete == 100));
        }
    }

    /// <summary>Always false: MonoTorrent's state is not known without polling it.</summary>
    public bool IsResting => false;

    /// <summary>Options set under another engine that this one keeps but cannot honour.</summary>
    public IEnumerable<TorrentError> Shortcomings => [.. _choices.Sequential ? [InOrder] : (TorrentError[])[], .. _choices.SuperSeeding ? [Sparingly] : (TorrentError[])[]];

    private PeerDirectory Directory => _network.Peers.Directory;

    private string Folder => Path.Combine(_workshop.Folder, _metainfo.TorrentId.ToString());

    private TorrentManager Manager => _manager ?? throw new InvalidOperationException("It has not begun.");

    private DialEffort Effort => IsComplete ? DialEffort.Little : _peers.Count > 0 ? DialEffort.More : DialEffort.Most;

    /// <inheritdoc/>
    public bool Has(int piece) => _tally.Has(piece);

    /// <inheritdoc/>
    public Bitfield Verified() => _tally.Verified();

    /// <inheritdoc/>
    public IReadOnlyList<UnfinishedPiece> Unfinished() => [];

    /// <inheritdoc/>
    public IReadOnlyList<PeerSnapshot> Peers() => _isJoined ? _peers : [];

    /// <inheritdoc/>
    public async Task BeginAsync(TorrentChoices choices)
    {
        // It makes its own connections: those that brought the metadata are not taken over.
        _network.Peers.Close("The torrent continues with MonoTorrent.");
        Torrent torrent = GuardedTorrent.Make(_metainfo, Feed.Uri, Folder);
        _manager = await _workshop.Engine.AddAsync(torrent, Folder, Settings()).ConfigureAwait(false);
        _workshop.Writer.Add(_manager.Files, _storage);
        _manager.TorrentStateChanged += OnStateChanged;
        _manager.PeerConnected += OnPeerConnected;
        _manager.PeerDisconnected += OnPeerDisconnected;
        _manager.ConnectionAttemptFailed += OnAttemptFailed;
        await PrepareAsync(choices.FilePriorities).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Reset(Bitfield verified, IReadOnlyList<UnfinishedPiece>? unfinished = null) => _tally.Reset(verified);

    /// <inheritdoc/>
    public void Apply(TorrentChoices choices) => _choices = choices;

    /// <inheritdoc/>
    public async Task PrepareAsync(IReadOnlyList<FilePriority> priorities)
    {
        Dictionary<long, FilePriority> byOffset = _metainfo.Files
            .Select((file, index) => (file, Priority: priorities.Count == 0 ? FilePriority.Normal : priorities[index]))
            .Where(entry => entry.file is { IsPadding: false, Length: > 0 })
            .ToDictionary(entry => entry.file.Offset, entry => entry.Priority);
        foreach (ITorrentManagerFile file in Manager.Files)
        {
            if (file.Length > 0)
                await Manager.SetFilePriorityAsync(file, PriorityOf(byOffset.GetValueOrDefault(file.OffsetInTorrent, FilePriority.Skip))).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Want(IReadOnlyList<FilePriority> priorities) => _tally.Want(priorities);

    /// <inheritdoc/>
    public void AddPeers(IEnumerable<IPEndPoint> peers, PeerOrigin origin)
    {
        foreach (IPEndPoint peer in peers)
            Directory.Add(peer, origin);
        OfferPeers();
    }

    /// <inheritdoc/>
    public async Task JoinAsync()
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            Bitfield verified = _tally.Verified();
            bool[] bits = new bool[verified.Length];
            foreach (int piece in verified.Ones)
                bits[piece] = true;
            await Manager.LoadFastResumeAsync(
                new FastResume(Manager.InfoHashes, new ReadOnlyBitField(bits), new ReadOnlyBitField(bits.Length))).ConfigureAwait(false);
            // Not earlier: it also reports pieces that are loaded, not only those that arrive.
            Manager.PieceHashed += OnPieceHashed;
            _begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            (_leaving, _isJoined) = (null, true);
            Directory.RetryAll();
            await Manager.StartAsync().ConfigureAwait(false);
            using var patience = new CancellationTokenSource(StartPatience, _engine.Time);
            await _begun.Task.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Open() => OfferPeers();

    /// <inheritdoc/>
    public void Tick(TimeSpan elapsed)
    {
        OfferPeers();
        if (Interlocked.Exchange(ref _isLooking, 1) == 0)
            _engine.Faults.Watch(LookAtPeersAsync(), _metainfo.TorrentId, "look at MonoTorrent's peers");
    }

    /// <inheritdoc/>
    public void Halt(string reason) => _engine.Faults.Watch(LeaveAsync(reason), _metainfo.TorrentId, "end of MonoTorrent's work");

    /// <inheritdoc/>
    public async Task CloseAsync(string reason)
    {
        await LeaveAsync(reason).ConfigureAwait(false);
        // Those pieces are reported on disk threads.
        await _engine.DiskWorkers.DrainAsync().ConfigureAwait(false);
    }

    /// <summary>Applies changed client settings.</summary>
    public Task ApplySettingsAsync() => _manager is { } manager ? manager.UpdateSettingsAsync(Settings()) : Task.CompletedTask;

    /// <summary>Whether a peer that MonoTorrent is about to dial is banned.</summary>
    public bool IsBanned(PeerInfo peer) => AddressOf(peer.ConnectionUri) is { } address && Directory.IsBanned(address, IdOf(peer.PeerId));

    /// <summary>Removes the torrent from MonoTorrent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_manager is not { } manager)
            return;
        await LeaveAsync("The torrent is stopping.").ConfigureAwait(false);
        manager.TorrentStateChanged -= OnStateChanged;
        manager.PeerConnected -= OnPeerConnected;
        manager.PeerDisconnected -= OnPeerDisconnected;
        manager.ConnectionAttemptFailed -= OnAttemptFailed;
        _workshop.Writer.Remove(manager.Files);
        await _workshop.Engine.RemoveAsync(manager, RemoveMode.CacheDataOnly).ConfigureAwait(false);
        _manager = null;
    }

    private static Priority PriorityOf(FilePriority priority) => priority switch
    {
        FilePriority.Skip => Priority.DoNotDownload,
        FilePriority.Low => Priority.Low,
        FilePriority.High => Priority.High,
        _ => Priority.Normal,
    };

    private static IPEndPoint? AddressOf(Uri uri) => IPEndPoint.TryParse($"{uri.Host}:{uri.Port}", out IPEndPoint? address) ? address : null;

    private static PeerId IdOf(BEncodedString id) => id.Span.Length == PeerId.Length ? new PeerId(id.Span) : default;

    private static string NameOf(Software client) => client.Client == ClientApp.Unknown ? "" : DisplayText.Clean(client.Client.ToString());

    private PeerSnapshot? Snapshot(MonoPeer peer) => AddressOf(peer.Uri) is { } address
        ? new PeerSnapshot
        {
            EndPoint = address,
            Client = NameOf(peer.ClientApp),
            Source = peer.ConnectionDirection == Direction.Incoming ? PeerSource.Incoming : Directory.SourceOf(address),
            IsIncoming = peer.ConnectionDirection == Direction.Incoming,
            Encryption = peer.EncryptionType switch
            {
                EncryptionType.RC4Full => EncryptionMethods.Rc4,
                EncryptionType.RC4Header => EncryptionMethods.Plaintext,
                _ => EncryptionMethods.None,
            },
            Class = _engine.PeerClasses.Of(address.Address).Name,
            IsChoking = peer.IsChoking,
            IsInterested = peer.IsInterested,
            AmChoking = peer.AmChoking,
            AmInterested = peer.AmInterested,
            DownloadRate = peer.Monitor.DownloadRate,
            UploadRate = peer.Monitor.UploadRate,
            BytesReceived = peer.Monitor.DataBytesReceived,
            BytesSent = peer.Monitor.DataBytesSent,
            PercentComplete = peer.IsSeeder ? 100 : peer.BitField.PercentComplete,
        }
        : null;

    private TorrentSettings Settings() => new TorrentSettingsBuilder
    {
        AllowDht = false,
        AllowPeerExchange = false,
        AllowInitialSeeding = false,
        MaximumConnections = _engine.Settings.MaxPeersPerTorrent,
    }.ToSettings();

    /// <summary>Adds MonoTorrent's counts since the last call.</summary>
    private void Count()
    {
        if (_manager is not { } manager)
            return;
        lock (_gate)
        {
            // It resets them when it stops.
            long received = manager.Monitor.DataBytesReceived, sent = manager.Monitor.DataBytesSent;
            _received.Add(Math.Max(0, received - _monitorReceived));
            _sent.Add(Math.Max(0, sent - _monitorSent));
            (_monitorReceived, _monitorSent) = (received, sent);
        }
    }

    /// <summary>Passes addresses that may be dialled now to MonoTorrent.</summary>
    private void OfferPeers()
    {
        if (!_isJoined)
            return;
        var next = new List<IPEndPoint>();
        while (next.Count < MostAtOnce && Directory.TakeNext(Instant.Now(_engine.Time), Effort) is { } address)
            next.Add(address);
        if (next.Count == 0)
            return;
        lock (_gate)
            _offered.UnionWith(next);
        Feed.Add(next);
        _engine.Faults.Watch(FetchPeersAsync(), _metainfo.TorrentId, "MonoTorrent's peers");
    }

    private async Task FetchPeersAsync()
    {
        try
        {
            await Manager.TrackerManager.AnnounceAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is TorrentException or InvalidOperationException)
        {
            // It has left the swarm meanwhile. The addresses wait in the feed.
        }
    }

    private async Task LookAtPeersAsync()
    {
        try
        {
            List<MonoPeer> peers = await Manager.GetPeersAsync().ConfigureAwait(false);
            _peers = [.. peers.Select(Snapshot).OfType<PeerSnapshot>()];
            foreach (MonoPeer peer in peers)
                BanPoisoner(peer);
        }
        catch (InvalidOperationException)
        {
            // It was removed meanwhile.
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    /// <summary>
    /// Bans a peer that contributed to one bad piece after another; otherwise MonoTorrent would redial it for ever.
    /// </summary>
    /// <returns>Whether it was banned.</returns>
    private bool BanPoisoner(MonoPeer peer)
    {
        if (((IRequester)peer).RepeatedHashFails < MostBadPieces || AddressOf(peer.Uri) is not { } address)
            return false;
        if (!Directory.IsBanned(address, IdOf(peer.PeerID)))
            EngineEvents.Log.PeerBanned(_metainfo.TorrentId, address, WrongData);
        Directory.Ban(address, IdOf(peer.PeerID), wasDialled: peer.ConnectionDirection == Direction.Outgoing);
        _workshop.FindConnection(peer.Uri)?.End(WrongData);
        return true;
    }

    private async Task LeaveAsync(string reason)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isJoined)
                return;
            Count();
            (_leaving, _isJoined) = (reason, false);
            await StopAsync().ConfigureAwait(false);
            // It does not report the peers that it leaves this way.
            foreach (MonoPeer peer in _connections.Keys)
                NoteClosed(peer, isPoisoner: false);
            Manager.PieceHashed -= OnPieceHashed;
            for (int piece = 0; piece < Manager.Bitfield.Length; piece++)
            {
                if (Manager.Bitfield[piece])
                    TakePiece(piece);
            }

            IPEndPoint[] left;
            lock (_gate)
            {
                left = [.. _offered];
                _offered.Clear();
            }

            foreach (IPEndPoint address in left)
                Directory.Released(address);
            _peers = [];
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task StopAsync()
    {
        try
        {
            await Manager.StopAsync(StopPatience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TorrentException or OperationCanceledException)
        {
            // It is already stopping, or fails, which ends it too.
        }
    }

    /// <summary>Handles a verified piece.</summary>
    private void TakePiece(int piece)
    {
        if (!_tally.Add(piece))
            return;
        bool isComplete = _tally.IsComplete;
        _engine.Faults.Watch(
            _engine.DiskWorkers.RunAsync(() => _events.PieceVerified(piece, isComplete)), _metainfo.TorrentId, "completion of a piece");
    }

    private void OnPieceHashed(object? sender, PieceHashedEventArgs args)
    {
        if (!_isJoined)
            return;
        if (args.HashPassed)
        {
            TakePiece(args.PieceIndex);
            return;
        }

        Interlocked.Increment(ref _failedPieces);
        Interlocked.Add(ref _wasted, _metainfo.PieceSize(args.PieceIndex));
    }

    /// <summary>Applies the torrent's own limits to an incoming peer.</summary>
    private void OnPeerConnected(object? sender, PeerConnectedEventArgs args)
    {
        if (_workshop.FindConnection(args.Peer.Uri) is { } connection)
        {
            connection.LimitBy(Limits);
            _connections[args.Peer] = connection;
            // These events may come in any order.
            if (!args.Peer.IsConnected)
                NoteClosed(args.Peer, isPoisoner: false);
        }

        if (args.Direction == Direction.Outgoing && AddressOf(args.Peer.Uri) is { } address)
            Directory.Reached(address);
    }

    private void OnPeerDisconnected(object? sender, PeerDisconnectedEventArgs args)
    {
        bool isPoisoner = BanPoisoner(args.Peer);
        NoteClosed(args.Peer, isPoisoner);
        if (args.Peer.ConnectionDirection == Direction.Outgoing)
            EndOffer(args.Peer.Uri, wasUseful: true);
    }

    /// <summary>Remembers a closed peer, once. MonoTorrent does not report why it ends a connection.</summary>
    private void NoteClosed(MonoPeer peer, bool isPoisoner)
    {
        if (!_connections.TryRemove(peer, out LimitedConnection? connection) || AddressOf(peer.Uri) is not { } address)
            return;
        ConnectionEnd end = isPoisoner ? new ConnectionEnd(ClosedBy.Us, WrongData)
            : connection.Ending ?? new ConnectionEnd(ClosedBy.Us, _leaving ?? "MonoTorrent has closed the connection; it does not say why.");
        _network.Peers.NoteClosed(new ClosedPeer(
            address, NameOf(peer.ClientApp), WallTime.Now(_engine.Time), end.By, EngineEvents.Sentence(DisplayText.Clean(end.Reason))));
    }

    private void OnAttemptFailed(object? sender, ConnectionAttemptFailedEventArgs args) => EndOffer(args.Peer.ConnectionUri, wasUseful: false);

    private void EndOffer(Uri uri, bool wasUseful)
    {
        if (AddressOf(uri) is not { } address)
            return;
        lock (_gate)
            _offered.Remove(address);
        Directory.Ended(address, wasUseful, Instant.Now(_engine.Time), Effort);
    }

    private void OnStateChanged(object? sender, TorrentStateChangedEventArgs args)
    {
        if (args.NewState is not (MonoState.Starting or MonoState.Stopped or MonoState.Stopping))
            _begun.TrySetResult();
        if (args.NewState == MonoState.Error && _isJoined)
            _events.StorageFailed(ErrorOf(Manager.Error));
    }

    private TorrentError ErrorOf(Error? error) => error switch
    {
        { Exception: StorageException storage } => storage.Error,
        { Reason: Reason.WriteFailure } => new TorrentError(
            TorrentErrorId.DiskWriteFailed, $"'{_metainfo.Name}' could not be written: {DisplayText.Clean(error.Exception.Message)}",
            "Check the disk and the files' permissions, and start the torrent again."),
        _ => new TorrentError(
            TorrentErrorId.DiskReadFailed,
            $"'{_metainfo.Name}' could not be read: {DisplayText.Clean(error?.Exception.Message ?? "the reason is unknown.")}",
            "Check the disk, and start the torrent again."),
    };
}
