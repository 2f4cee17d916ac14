using System.Collections.Concurrent;
using System.Net;
using MonoTorrent;
using MonoTorrent.Client;
using MonoTorrent.Connections;
using MonoTorrent.Connections.Peer;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Metadata;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.MonoTorrent.Network;
using TorrentPatron.MonoTorrent.Storage;
using TorrentPatron.MonoTorrent.Torrents;
using TorrentPatron.Protocol.Metainfo;
using MagnetLink = TorrentPatron.Protocol.Magnets.MagnetLink;
using PeerId = TorrentPatron.Protocol.PeerId;

namespace TorrentPatron.MonoTorrent;

/// <summary>
/// The workshop that moves pieces with MonoTorrent: its engine, configured so that we control the disk, the peers it learns of
/// and the addresses it uses.
/// </summary>
internal sealed class MonoWorkshop : IWorkshop
{
    private static readonly int DefaultCodePoint = new ClientSettings().CodePoint;

    private readonly EngineResources _engine;
    private readonly HostList _hosts;
    private readonly PeerPort _port;
    private readonly RateLimiter _unlimited;
    private readonly ConnectionLimits _strangers;
    private readonly ConcurrentDictionary<Uri, LimitedConnection> _dialled = new();

    /// <summary>Starts listening.</summary>
    /// <param name="engine">The engine's shared resources.</param>
    /// <param name="hosts">The torrents.</param>
    public MonoWorkshop(EngineResources engine, HostList hosts)
    {
        _engine = engine;
        _hosts = hosts;
        _unlimited = new RateLimiter(engine.Time, 0);
        _strangers = new ConnectionLimits(_unlimited, _unlimited, engine.PeerClasses);
        _port = new PeerPort(engine.Settings, engine.Network.LocalAddresses, _strangers);
        engine.ListenPorts = _port.Ports;
        Writer = new PieceWriter(engine.DiskWorkers);
        // The files that MonoTorrent insists on writing itself (a copy of the .torrent, empty files) go here.
        Folder = Directory.CreateTempSubdirectory("torrentpatron-").FullName;
        Engine = new ClientEngine(MakeSettings(engine.Settings), MakeFactories());
        Engine.ConnectionManager.BanPeer += (_, attempt) => attempt.BanPeer =
            !IsAllowed(attempt.Peer.ConnectionUri) || (Find(attempt.Peer.ConnectionUri)?.IsBanned(attempt.Peer) ?? false);
        engine.PeerId = new PeerId(Engine.PeerId.Span);
    }

    /// <inheritdoc/>
    public string Name => MonoTorrentEngine.EngineName;

    /// <inheritdoc/>
    public ClientCapabilities Capabilities => ClientCapabilities.TorrentLimits | ClientCapabilities.SeedGoals
        | ClientCapabilities.FilePriorities | ClientCapabilities.Move | ClientCapabilities.DeleteData | ClientCapabilities.ManageTrackers
        | ClientCapabilities.BadPieces | ClientCapabilities.PeerList | ClientCapabilities.FileList | ClientCapabilities.FreeSpace
        | ClientCapabilities.Settings | ClientCapabilities.Magnets | ClientCapabilities.ClosedPeers;

    /// <inheritdoc/>
    // Its listeners stay where they were opened: if an interface came back with another address, nobody would listen there.
    public TorrentError? Refusal => _engine.Settings switch
    {
        { BindInterface: not null } => Lacking("bind to a network interface"),
        { Proxy: not null } => Lacking("use a proxy"),
        _ => null,
    };

    /// <inheritdoc/>
    public IReadOnlyList<IPEndPoint> EndPoints => _port.EndPoints;

    /// <inheritdoc/>
    public TorrentError? Warning => _port.Warning ?? _engine.Settings switch
    {
        { Transport: TransportPolicy.Utp } => Lacking("speak uTP"),
        { SuggestPieces: true } => Lacking("suggest pieces"),
        // It does not mark packets, which matters only to users who have asked for a mark.
        { CodePoint: not 0 and var codePoint } when codePoint != DefaultCodePoint => Lacking("set the code point of its packets"),
        { PeerClasses: var classes } when classes.Any(one => one.IsPreferred) => Lacking("prefer a class of peers"),
        _ => null,
    };

    /// <summary>MonoTorrent.</summary>
    public ClientEngine Engine { get; }

    /// <summary>MonoTorrent reads and writes through this object.</summary>
    public PieceWriter Writer { get; }

    /// <summary>A temporary folder for MonoTorrent, deleted at the end.</summary>
    public string Folder { get; }

    /// <summary>The error for a feature that MonoTorrent lacks.</summary>
    /// <param name="what">The feature, to follow "cannot".</param>
    public static TorrentError Lacking(string what) => new(
        TorrentErrorId.NotSupported, $"The MonoTorrent engine cannot {what}.", "Leave that out, or use the built-in engine.");

    /// <inheritdoc/>
    public IWork Make(MagnetLink magnet, TorrentNetwork network, IWorkEvents events) => new MetadataWork(magnet, _engine, network.Peers, events);

    /// <inheritdoc/>
    public IWork Make(TorrentMetainfo metainfo, TorrentStorage storage, TorrentNetwork network, IWorkEvents events) =>
        new MonoWork(_engine, this, metainfo, storage, network, events);

    /// <inheritdoc/>
    public TorrentError? Refuse(TorrentOptions options) => options.Sequential == true ? MonoWork.InOrder
        : options.SuperSeeding == true ? MonoWork.Sparingly : null;

    /// <inheritdoc/>
    public Task<TorrentError?> ReopenAsync(int port) => Task.FromResult<TorrentError?>(new TorrentError(
        TorrentErrorId.NotSupported, "MonoTorrent's port cannot be changed while it runs.", "Stop the patron and create a new one with that port."));

    /// <inheritdoc/>
    public async Task ApplyAsync(ClientSettings settings)
    {
        await Engine.UpdateSettingsAsync(MakeSettings(settings)).ConfigureAwait(false);
        foreach (MonoWork work in _hosts.All.Select(host => host.Work).OfType<MonoWork>())
            await work.ApplySettingsAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask StopListeningAsync()
    {
        _port.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _engine.DiskWorkers.RunAsync(Engine.Dispose).ConfigureAwait(false);
        await _engine.DiskWorkers.RunAsync(DeleteFolder).ConfigureAwait(false);
        _unlimited.Dispose();
    }

    /// <summary>Finds an open connection.</summary>
    /// <param name="uri">Its address in MonoTorrent's form.</param>
    public LimitedConnection? FindConnection(Uri uri) => _port.Find(uri) ?? _dialled.GetValueOrDefault(uri);

    private bool IsAllowed(Uri peer) => !IPAddress.TryParse(peer.Host, out IPAddress? address) || _engine.Filter.Allows(address);

    private EngineSettings MakeSettings(ClientSettings settings) => new EngineSettingsBuilder
    {
        AllowedEncryption = settings.Encryption switch
        {
            EncryptionPolicy.Require => [EncryptionType.RC4Full],
            EncryptionPolicy.Off => [EncryptionType.PlainText],
            // Plaintext first, like the built-in engine; peers that insist on encryption get it.
            _ => [EncryptionType.PlainText, EncryptionType.RC4Header, EncryptionType.RC4Full],
        },
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

    private Factories MakeFactories()
    {
        ISocketConnector connector = new BoundConnector(_engine.Binding!, _engine.Filter);
        return Factories.Default
            .WithPieceWriterCreator(_ => Writer)
            .WithPortForwarderCreator(() => new NoPortForwarder())
            .WithPeerConnectionListenerCreator(_port.ListenerOf)
            .WithPeerConnectionCreator("ipv4", Dial)
            .WithPeerConnectionCreator("ipv6", Dial)
            .WithTrackerCreator(PeerFeed.Scheme, uri => Find(uri)!.Feed);

        LimitedConnection Dial(Uri uri)
        {
            var connection = new LimitedConnection(
                new SocketPeerConnection(uri, connector), Find(uri)?.Limits ?? _strangers,
                ended => _dialled.TryRemove(KeyValuePair.Create(uri, ended)));
            _dialled[uri] = connection;
            return connection;
        }
    }

    /// <summary>The work of the torrent that one of our addresses names; null means none.</summary>
    private MonoWork? Find(Uri uri) =>
        PeerFeed.TorrentOf(uri) is { } torrent && _hosts.TryFindSwarm(torrent, out TorrentHost? host) ? host.Work as MonoWork : null;

    private void DeleteFolder()
    {
        try
        {
            Directory.Delete(Folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The system will clear its temporary folder.
        }
    }
}
