using System.Net;
using MonoTorrent;
using MonoTorrent.Client;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Timing;
using TorrentPatron.MonoTorrent.Network;
using TorrentPatron.MonoTorrent.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using MonoPeer = MonoTorrent.Client.PeerId;
using MonoState = MonoTorrent.Client.TorrentState;

namespace TorrentPatron.MonoTorrent.Torrents;

/// <summary>One torrent as MonoTorrent has it: joined and left, with the pieces that we know to be here, and told of peers.</summary>
internal sealed class SwarmLink : IAsyncDisposable
{
    /// <summary>How long trackers would be waited for, if MonoTorrent had any.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long MonoTorrent may take to begin.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(30);

    /// <summary>How soon peers given by hand are tried again where no peer is connected: MonoTorrent forgets who did not answer once.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    private const int MostGiven = 1_000;

    private readonly HostResources _host;
    private readonly TorrentMetainfo _metainfo;
    private readonly TorrentDisk _disk;
    private readonly Action<int> _onPiece;
    private readonly Action<int> _onBadPiece;
    private readonly Action<TorrentError> _onFailure;
    private readonly HashSet<IPEndPoint> _given = [];
    private TorrentManager? _manager;
    private TaskCompletionSource _begun = new();
    private Instant _nextRetry;
    private volatile bool _isJoined;

    /// <summary>Makes it; MonoTorrent knows of nothing yet.</summary>
    /// <param name="host">What all torrents share.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="disk">Where it is kept.</param>
    /// <param name="feed">What brings MonoTorrent its peers.</param>
    /// <param name="onPiece">Is told of each piece that is written and verified, on several threads.</param>
    /// <param name="onBadPiece">Is told of each piece whose hash is wrong.</param>
    /// <param name="onFailure">Is told that MonoTorrent has stopped by itself.</param>
    public SwarmLink(
        HostResources host, TorrentMetainfo metainfo, TorrentDisk disk, PeerFeed feed, Action<int> onPiece, Action<int> onBadPiece,
        Action<TorrentError> onFailure)
    {
        _host = host;
        _metainfo = metainfo;
        _disk = disk;
        Feed = feed;
        Limits = new ConnectionLimits(
            new RateLimiterPair(new RateLimiter(host.Time, 0), host.Download), new RateLimiterPair(new RateLimiter(host.Time, 0), host.Upload));
        _onPiece = onPiece;
        _onBadPiece = onBadPiece;
        _onFailure = onFailure;
    }

    /// <summary>What brings MonoTorrent its peers.</summary>
    public PeerFeed Feed { get; }

    /// <summary>What bounds the rates of its connections.</summary>
    public ConnectionLimits Limits { get; }

    /// <summary>Whether it was told of peers by hand.</summary>
    public bool HasGivenPeers
    {
        get
        {
            lock (_given)
                return _given.Count > 0;
        }
    }

    private string Folder => Path.Combine(_host.Folder, _metainfo.InfoHash.ToString());

    private TorrentManager Manager => _manager ?? throw new InvalidOperationException("It has not been opened.");

    /// <summary>Makes the torrent known to MonoTorrent, without letting it run.</summary>
    /// <exception cref="RefusedException">MonoTorrent cannot run it, or would write where it must not.</exception>
    public async Task OpenAsync(TorrentChoices choices)
    {
        Limit(choices);
        Torrent torrent = GuardedTorrent.Make(_metainfo, Feed.Uri, Folder);
        _manager = await _host.Engine.AddAsync(torrent, Folder, Settings()).ConfigureAwait(false);
        _host.Writer.Add(_manager.Files, _disk.Storage);
        _manager.TorrentStateChanged += OnStateChanged;
        _manager.PeerConnected += OnPeerConnected;
    }

    /// <summary>Wants files.</summary>
    /// <param name="priorities">Priority of each; empty: all normal.</param>
    public async Task WantAsync(IReadOnlyList<FilePriority> priorities)
    {
        Dictionary<long, FilePriority> byOffset = _metainfo.Files
            .Select((file, index) => (file, Priority: priorities.Count == 0 ? FilePriority.Normal : priorities[index]))
            .Where(entry => entry.file is { IsPadding: false, Length: > 0 })
            .ToDictionary(entry => entry.file.Offset, entry => entry.Priority);
        foreach (ITorrentManagerFile file in Manager.Files)
        {
            if (file.Length > 0)
                await Manager.SetFilePriorityAsync(file, PriorityOf(byOffset[file.OffsetInTorrent])).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the torrent's own limits.</summary>
    public void Limit(TorrentChoices choices)
    {
        Limits.Download.Torrent.Rate = choices.MaxDownloadRate;
        Limits.Upload.Torrent.Rate = choices.MaxUploadRate;
    }

    /// <summary>Goes by the client's settings, which have changed.</summary>
    public Task ApplyAsync() => Manager.UpdateSettingsAsync(Settings());

    /// <summary>Tells of peers.</summary>
    /// <param name="peers">Their addresses.</param>
    /// <param name="areGiven">Whether they were given by hand: then they are not forgotten.</param>
    public void AddPeers(IReadOnlyList<IPEndPoint> peers, bool areGiven = false)
    {
        if (areGiven)
        {
            lock (_given)
                _given.UnionWith(peers.Take(MostGiven - Math.Min(MostGiven, _given.Count)));
        }

        Feed.Add(peers);
        if (_isJoined)
            _ = FetchPeersAsync();
    }

    /// <summary>Joins the swarm; completes when peers may come.</summary>
    /// <param name="verified">The pieces that are here.</param>
    public async Task JoinAsync(Bitfield verified)
    {
        bool[] bits = new bool[verified.Length];
        foreach (int piece in verified.Ones)
            bits[piece] = true;
        await Manager.LoadFastResumeAsync(
            new FastResume(Manager.InfoHashes, new ReadOnlyBitField(bits), new ReadOnlyBitField(bits.Length))).ConfigureAwait(false);
        // Not before: it tells of those that are loaded as of those that arrive.
        Manager.PieceHashed += OnPieceHashed;
        _begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _isJoined = true;
        await Manager.StartAsync().ConfigureAwait(false);
        using var patience = new CancellationTokenSource(StartPatience, _host.Time);
        await _begun.Task.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Leaves the swarm; what MonoTorrent has verified by then has been told when this completes.</summary>
    /// <param name="ledger">Where the last of what it has counted goes.</param>
    public async Task LeaveAsync(TorrentLedger ledger)
    {
        if (!_isJoined)
            return;
        Count(ledger);
        await StopAsync().ConfigureAwait(false);
        Manager.PieceHashed -= OnPieceHashed;
        for (int piece = 0; piece < Manager.Bitfield.Length; piece++)
        {
            if (Manager.Bitfield[piece])
                _onPiece(piece);
        }
    }

    /// <summary>Takes over what it has counted.</summary>
    public void Count(TorrentLedger ledger)
    {
        if (_manager is { } manager)
            ledger.Count(manager.Monitor);
    }

    /// <summary>Looks at the peers, and tries those given by hand again where that may help.</summary>
    /// <param name="wantsPeers">Whether more would be of use.</param>
    /// <returns>The connected ones, and how many are known.</returns>
    public async Task<(IReadOnlyList<PeerSnapshot> Peers, int Known)> LookAtPeersAsync(bool wantsPeers)
    {
        List<MonoPeer> peers = await Manager.GetPeersAsync().ConfigureAwait(false);
        var now = Instant.Now(_host.Time);
        if (wantsPeers && peers.Count == 0 && now >= _nextRetry)
        {
            _nextRetry = now + RetryInterval;
            IPEndPoint[] given;
            lock (_given)
                given = [.. _given];
            AddPeers(given);
        }

        return ([.. peers.Select(Snapshot).OfType<PeerSnapshot>()], peers.Count + Manager.Peers.Available);
    }

    /// <summary>Takes the torrent away from MonoTorrent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_manager is null)
        {
            DisposeLimits();
            return;
        }

        _manager.TorrentStateChanged -= OnStateChanged;
        _manager.PieceHashed -= OnPieceHashed;
        _manager.PeerConnected -= OnPeerConnected;
        await StopAsync().ConfigureAwait(false);
        _host.Writer.Remove(_manager.Files);
        await _host.Engine.RemoveAsync(_manager, RemoveMode.CacheDataOnly).ConfigureAwait(false);
        _manager = null;
        DisposeLimits();
    }

    private void DisposeLimits()
    {
        Limits.Download.Torrent.Dispose();
        Limits.Upload.Torrent.Dispose();
    }

    private static Priority PriorityOf(FilePriority priority) => priority switch
    {
        FilePriority.Skip => Priority.DoNotDownload,
        FilePriority.Low => Priority.Low,
        FilePriority.High => Priority.High,
        _ => Priority.Normal,
    };

    private static PeerSnapshot? Snapshot(MonoPeer peer) =>
        IPEndPoint.TryParse($"{peer.Uri.Host}:{peer.Uri.Port}", out IPEndPoint? endPoint)
            ? new PeerSnapshot
            {
                EndPoint = endPoint,
                Client = peer.ClientApp.Client == ClientApp.Unknown ? "" : DisplayText.Clean(peer.ClientApp.Client.ToString()),
                Source = peer.ConnectionDirection == Direction.Incoming ? PeerSource.Incoming : PeerSource.Unknown,
                IsIncoming = peer.ConnectionDirection == Direction.Incoming,
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
        MaximumConnections = _host.Settings.MaxPeersPerTorrent,
    }.ToSettings();

    private async Task StopAsync()
    {
        _isJoined = false;
        try
        {
            await Manager.StopAsync(StopPatience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TorrentException or OperationCanceledException)
        {
            // It is being stopped already; or fails, which ends it too.
        }
    }

    private async Task FetchPeersAsync()
    {
        try
        {
            await Manager.TrackerManager.AnnounceAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is TorrentException or InvalidOperationException)
        {
            // It has left the swarm meanwhile. They wait in the feed.
        }
    }

    /// <summary>Who has dialled us is bound by the torrent's own limits from here on.</summary>
    private void OnPeerConnected(object? sender, PeerConnectedEventArgs args)
    {
        if (_host.FindIncoming(args.Peer.Uri) is { } connection)
            connection.Limits = Limits;
    }

    private void OnPieceHashed(object? sender, PieceHashedEventArgs args)
    {
        if (!_isJoined)
            return;
        if (args.HashPassed)
            _onPiece(args.PieceIndex);
        else
            _onBadPiece(args.PieceIndex);
    }

    private void OnStateChanged(object? sender, TorrentStateChangedEventArgs args)
    {
        if (args.NewState is not (MonoState.Starting or MonoState.Stopped or MonoState.Stopping))
            _begun.TrySetResult();
        if (args.NewState == MonoState.Error && _isJoined)
            _onFailure(ErrorOf(Manager.Error));
    }

    private TorrentError ErrorOf(Error? error) => error switch
    {
        { Exception: StorageException storage } => storage.Error,
        { Reason: Reason.WriteFailure } => new TorrentError(
            TorrentErrorId.DiskWriteFailed, $"'{_metainfo.Name}' could not be written: {DisplayText.Clean(error.Exception.Message)}",
            "Look at the disk and the files' permissions, and start the torrent again."),
        _ => new TorrentError(
            TorrentErrorId.DiskReadFailed,
            $"'{_metainfo.Name}' could not be read: {DisplayText.Clean(error?.Exception.Message ?? "the reason is not known.")}",
            "Look at the disk, and start the torrent again."),
    };
}
