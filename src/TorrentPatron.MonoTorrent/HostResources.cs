using System.Net;
using MonoTorrent;
using MonoTorrent.Client;
using MonoTorrent.Connections;
using MonoTorrent.Connections.Peer;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.MonoTorrent.Network;
using TorrentPatron.MonoTorrent.Storage;
using TorrentPatron.MonoTorrent.Torrents;
using InfoHash = TorrentPatron.Protocol.InfoHash;
using PeerId = TorrentPatron.Protocol.PeerId;

namespace TorrentPatron.MonoTorrent;

/// <summary>
/// What all torrents of one client share: MonoTorrent's engine, set up so that the disk, trackers and the addresses it uses are ours to
/// say, and the threads and trackers of ours that it works with.
/// </summary>
internal sealed class HostResources : IAsyncDisposable
{
    private readonly PeerPort _port;
    private readonly RateLimiter _unlimited = new(TimeProvider.System, 0);
    private readonly ConnectionLimits _strangers;
    private readonly TrackerClients _trackers;
    private readonly SharedDatagramPort _datagrams;

    /// <summary>Makes them, and begins to listen.</summary>
    /// <param name="settings">What the client is made with.</param>
    /// <param name="find">Finds a torrent's link.</param>
    /// <param name="time">The clock.</param>
    public HostResources(ClientSettings settings, Func<InfoHash, SwarmLink?> find, TimeProvider time)
    {
        Settings = settings;
        Time = time;
        Workers = new DiskWorkers(settings.DiskThreads);
        Writer = new PieceWriter(Workers);
        var network = new SocketNetwork(settings.BindAddress);
        _datagrams = new SharedDatagramPort(time);
        _trackers = TrackerClients.Create(network, _datagrams, Random.Shared, time);
        Download = new RateLimiter(time, settings.Limits.Download);
        Upload = new RateLimiter(time, settings.Limits.Upload);
        _strangers = new ConnectionLimits(new RateLimiterPair(_unlimited, Download), new RateLimiterPair(_unlimited, Upload));
        _port = new PeerPort(settings, network.LocalAddresses, _strangers);
        _datagrams.Open(network, _port.Ports.Of);
        // What MonoTorrent insists on writing itself (a copy of the .torrent, files without bytes) goes here.
        Folder = Directory.CreateTempSubdirectory("torrentpatron-").FullName;
        Engine = new ClientEngine(MakeSettings(settings), MakeFactories(settings, find));
        PeerId = new PeerId(Engine.PeerId.Span);
    }

    /// <summary>What the client goes by.</summary>
    public ClientSettings Settings { get; private set; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The clock's monotonic milliseconds, by which rates are measured.</summary>
    public long Milliseconds => (long)Time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>The threads that hash and touch files.</summary>
    public DiskWorkers Workers { get; }

    /// <summary>Open files.</summary>
    public FileHandlePool Files { get; } = new();

    /// <summary>Through which MonoTorrent reads and writes.</summary>
    public PieceWriter Writer { get; }

    /// <summary>A folder of MonoTorrent's own, which is deleted in the end.</summary>
    public string Folder { get; }

    /// <summary>MonoTorrent.</summary>
    public ClientEngine Engine { get; }

    /// <summary>Who it says it is.</summary>
    public PeerId PeerId { get; }

    /// <summary>How trackers are asked.</summary>
    public ITrackerClient Trackers => _trackers;

    /// <summary>Bounds announces.</summary>
    public AnnounceLimiter Announces { get; } = new();

    /// <summary>Limits what all torrents receive.</summary>
    public RateLimiter Download { get; }

    /// <summary>Limits what all torrents send.</summary>
    public RateLimiter Upload { get; }

    /// <summary>Where it listens.</summary>
    public IReadOnlyList<IPEndPoint> ListenEndPoints => _port.EndPoints;

    /// <summary>The ports on which peers can reach us.</summary>
    public ListenPorts ListenPorts => _port.Ports;

    /// <summary>Why it does not listen as it should; null: it does.</summary>
    public TorrentError? ListenWarning => _port.Warning;

    /// <summary>Finds an open connection that a peer has made.</summary>
    /// <param name="uri">Its address, as MonoTorrent has it.</param>
    public LimitedConnection? FindIncoming(Uri uri) => _port.Find(uri);

    /// <summary>Goes on with other settings.</summary>
    /// <param name="settings">All settings.</param>
    /// <returns>What could not be changed.</returns>
    public async Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings)
    {
        var left = new List<TorrentError>();
        if (settings.ListenPort != Settings.ListenPort || !Equals(settings.BindAddress, Settings.BindAddress))
        {
            left.Add(new TorrentError(
                TorrentErrorId.NotSupported, "MonoTorrent's port and address cannot be changed while it runs.",
                "Stop the patron and make a new one with them."));
        }

        Settings = settings with { ListenPort = Settings.ListenPort, BindAddress = Settings.BindAddress, DiskThreads = Settings.DiskThreads };
        (Download.Rate, Upload.Rate) = (settings.Limits.Download, settings.Limits.Upload);
        await Engine.UpdateSettingsAsync(MakeSettings(Settings)).ConfigureAwait(false);
        return left;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _port.Dispose();
        await Workers.RunAsync(Engine.Dispose).ConfigureAwait(false);
        await Workers.RunAsync(DeleteFolder).ConfigureAwait(false);
        await Workers.DisposeAsync().ConfigureAwait(false);
        _trackers.Dispose();
        await _datagrams.DisposeAsync().ConfigureAwait(false);
        Announces.Dispose();
        Download.Dispose();
        Upload.Dispose();
        _unlimited.Dispose();
    }

    private EngineSettings MakeSettings(ClientSettings settings) => new EngineSettingsBuilder
    {
        // Plain first, as the built-in engine does; who insists on encryption gets it.
        AllowedEncryption = [EncryptionType.PlainText, EncryptionType.RC4Header, EncryptionType.RC4Full],
        AllowHaveSuppression = true,
        AllowLocalPeerDiscovery = false,
        AllowPortForwarding = false,
        DhtEndPoint = null,
        AutoSaveLoadDhtCache = false,
        AutoSaveLoadFastResume = false,
        AutoSaveLoadMagnetLinkMetadata = false,
        CacheDirectory = Folder,
        // A piece counts as soon as its hash is right: by then it must be written, not cached.
        DiskCacheBytes = 0,
        UsePartialFiles = false,
        ListenEndPoints = _port.EndPoints.ToDictionary(
            endPoint => endPoint.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4"),
        MaximumConnections = settings.MaxPeers,
        MaximumHalfOpenConnections = 30,
    }.ToSettings();

    private Factories MakeFactories(ClientSettings settings, Func<InfoHash, SwarmLink?> find)
    {
        ISocketConnector connector = new BoundConnector(settings.BindAddress);
        return Factories.Default
            .WithPieceWriterCreator(_ => Writer)
            .WithPortForwarderCreator(() => new NoPortForwarder())
            .WithPeerConnectionListenerCreator(_port.ListenerOf)
            .WithPeerConnectionCreator("ipv4", Dial)
            .WithPeerConnectionCreator("ipv6", Dial)
            .WithTrackerCreator(PeerFeed.Scheme, uri => Find(uri)!.Feed);

        LimitedConnection Dial(Uri uri) => new(new SocketPeerConnection(uri, connector), Find(uri)?.Limits ?? _strangers);

        SwarmLink? Find(Uri uri) => PeerFeed.TorrentOf(uri) is { } torrent ? find(torrent) : null;
    }

    private void DeleteFolder()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The system clears its temporary folder some day.
        }
    }
}
