using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.PortMapping;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Shared;

/// <summary>What all torrents of one engine share. Nothing here is shared with another engine.</summary>
internal sealed class EngineResources : IAsyncDisposable
{
    private int _peers;
    private int _halfOpen;
    private int _isClosingIdle;
    private long _lastFull = -FullMilliseconds;
    private readonly INetwork _inner;
    private bool _hasIncoming;
    private volatile PortMapper? _portMapper;

    public EngineResources(
        ClientSettings settings, INetwork network, ITrackerClient? trackers, TimeProvider time, Random random, DiskWorkers? disk = null,
        NetworkBinding? binding = null)
    {
        Settings = settings;
        Bounds = ConnectionBounds.Of(DescriptorLimit.OfProcess);
        Files = new FileHandlePool(Bounds.Files, time);
        _inner = network;
        Network = NetworkStack.Create(network, () => Settings, time);
        Binding = binding;
        Time = time;
        Random = new SharedRandom(random);
        Datagrams = new SharedDatagramPort(time) { Allows = Filter.Allows };
        Utp = new UtpTransport(Datagrams, time, Random) { MayAccept = () => Settings.Transport != TransportPolicy.Tcp };
        Datagrams.Attach(Utp);
        TrackerDatagrams = new SharedDatagramPort(time, NetworkUse.Trackers);
        Trackers = trackers ?? TrackerClients.Create(Network, new TrackerPort(Datagrams, TrackerDatagrams, () => Settings.Proxy), time, Outside);
        PeerId = PeerId.Create(Random);
        DiskWorkers = disk ?? new DiskWorkers(settings.DiskThreads, fault => Faults.Record("disk worker", fault));
        BackPressure = new BackPressure(settings.MaxQueuedBytes);
        Held = new HeldBytes(settings.MaxQueuedBytes / 2);
        Download = new RateLimiter(time, settings.Limits.Download);
        Upload = new RateLimiter(time, settings.Limits.Upload);
        PeerClasses = new PeerClassTable(settings, Download, Upload, time);
        TcpDownload = new RateLimiter(time, 0);
        TcpUpload = new RateLimiter(time, 0);
    }

    private const int MostChecks = 8;
    private const long FullMilliseconds = 5_000;

    /// <summary>What the engine was made with, but for what has been changed since.</summary>
    public ClientSettings Settings { get; private set; }

    /// <summary>How many connections and files may be open at once.</summary>
    public ConnectionBounds Bounds { get; }

    /// <summary>The way out, and in.</summary>
    public INetwork Network { get; }

    /// <summary>The part of it that keeps to the IP filter.</summary>
    public FilteredNetwork Filter => (FilteredNetwork)Network;

    /// <summary>What the network is bound to; null: that of somebody else's network is not known.</summary>
    public NetworkBinding? Binding { get; }

    /// <summary>Why nothing may be sent now: what all traffic is bound to is not there; null: it is.</summary>
    public TorrentError? NetworkDown => Binding?.Latest.Down;

    /// <summary>The UDP port for all that is spoken over UDP.</summary>
    public SharedDatagramPort Datagrams { get; }

    /// <summary>Our address as peers and trackers see it.</summary>
    public OutsideAddress Outside { get; } = new();

    /// <summary>uTP on that port.</summary>
    public UtpTransport Utp { get; }

    /// <summary>The UDP port for trackers, where they go by a proxy and peers do not, or the other way round; else it is never opened.</summary>
    public SharedDatagramPort TrackerDatagrams { get; }

    /// <summary>How trackers are reached.</summary>
    public ITrackerClient Trackers { get; }

    /// <summary>Bounds announces.</summary>
    public AnnounceLimiter Announces { get; } = new();

    /// <summary>Takes the exceptions that nobody expected.</summary>
    public FaultHandler Faults { get; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The clock's monotonic milliseconds, by which rates are measured.</summary>
    public long Milliseconds => (long)Time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>Chance, for all torrents.</summary>
    public Random Random { get; }

    /// <summary>Who we say we are.</summary>
    public PeerId PeerId { get; set; }

    /// <summary>The ports on which peers can reach us.</summary>
    public ListenPorts ListenPorts { get; set; } = ListenPorts.None;

    /// <summary>Tells the IP versions over which peers can reach us; one for all torrents.</summary>
    public Func<IReadOnlyList<AddressFamily>> Families => field ??= () => ListenPorts.Families;

    /// <summary>Tells where others on the internet see us, as <see cref="OutsideEndPoint"/> does; one for all torrents.</summary>
    public Func<AddressFamily, IPEndPoint?> Self => field ??= OutsideEndPoint;

    /// <summary>What routers have mapped; null: none was ever asked.</summary>
    public PortMapper? PortMapper => _portMapper;

    /// <summary>Called when the ports that those outside are told may have changed.</summary>
    public Action? PortsChanged { get; set; }

    /// <summary>Whether a peer of the internet has connected to us.</summary>
    public bool HasIncoming => Volatile.Read(ref _hasIncoming);

    /// <summary>What finds peers without trackers; null before it is opened.</summary>
    public PeerFinder? Finder { get; private set; }

    /// <summary>The threads that hash and touch files.</summary>
    public DiskWorkers DiskWorkers { get; }

    /// <summary>Checks under way at once: enough to keep every disk thread busy with small torrents; the others wait their turn.</summary>
    public SemaphoreSlim Checks { get; } = new(MostChecks, MostChecks);

    /// <summary>Key exchanges computed at once.</summary>
    public SemaphoreSlim KeyExchanges { get; } = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Open files.</summary>
    public FileHandlePool Files { get; }

    /// <summary>Receive buffers.</summary>
    public SlabPool Slabs { get; } = new();

    /// <summary>Bounds what waits for the disk.</summary>
    public BackPressure BackPressure { get; }

    /// <summary>Counts what has come but cannot be hashed yet.</summary>
    public HeldBytes Held { get; }

    /// <summary>Bounds the memory in which metadata is put together.</summary>
    public MetadataMemory MetadataMemory { get; } = new();

    /// <summary>Limits what all torrents receive, but for peers that <see cref="PeerClasses"/> has another limiter for.</summary>
    public RateLimiter Download { get; }

    /// <summary>Limits what all torrents send, but for the same.</summary>
    public RateLimiter Upload { get; }

    /// <summary>The classes of peers, some of which other limits hold for.</summary>
    public PeerClassTable PeerClasses { get; }

    /// <summary>Limits what comes by TCP from the internet, so that uTP gets its share.</summary>
    public RateLimiter TcpDownload { get; }

    /// <summary>Limits what is sent by TCP to the internet, so that uTP gets its share.</summary>
    public RateLimiter TcpUpload { get; }

    /// <summary>Places for connected peers of all torrents.</summary>
    public int MostPeers => Math.Min(Settings.MaxPeers, Bounds.Peers);

    /// <summary>Whether all places for peers are taken, and somebody was turned away within the last seconds.</summary>
    public bool IsFull => Peers >= MostPeers && Milliseconds - Volatile.Read(ref _lastFull) < FullMilliseconds;

    /// <summary>Where others on the internet see us, by what the DHT, peers and trackers say; null where that is not known.</summary>
    public IPEndPoint? OutsideEndPoint(AddressFamily family) =>
        (Finder?.ExternalEndPoint(family)?.Address ?? Outside.Of(family)) is { } address ? new IPEndPoint(address, ListenPorts.Of(family)) : null;

    /// <summary>Connected peers of all torrents.</summary>
    public int Peers => Volatile.Read(ref _peers);

    /// <summary>What we say of ourselves in the handshake of a torrent.</summary>
    public Handshake MakeHandshake(InfoHash torrent) =>
        new(torrent, PeerId, SupportsFast: true, SupportsExtensions: true, SupportsDht: Finder is { HasDht: true });

    /// <summary>The TCP port to tell those who are outside: the router's where it has mapped ours. 0: they cannot reach us.</summary>
    public ushort OutsidePort(AddressFamily family)
    {
        ushort port = ListenPorts.Of(family);
        return family == AddressFamily.InterNetwork && _portMapper?.ExternalPort(ProtocolType.Tcp, port) is > 0 and ushort mapped ? mapped : port;
    }

    /// <summary>The port to tell a tracker that is asked over an IP version; never 0.</summary>
    public ushort PortForTracker(AddressFamily family) => OutsidePort(family) is > 0 and ushort port ? port : ListenPorts.ForTracker(family);

    /// <summary>Has routers let peers in, as the settings and the open ports say now. One call at a time.</summary>
    public void UpdatePortMapping()
    {
        // Routers are asked straight: they are next to us, whatever stands between us and the internet.
        if (_portMapper is { } mapper)
            mapper.Refresh();
        else if (MappablePorts().Count > 0)
            _portMapper = new PortMapper(_inner, MappablePorts, Time, () => PortsChanged?.Invoke(), fault => Faults.Record("port mapping", fault));
    }

    /// <summary>Notes that a peer has connected to us.</summary>
    public void NoteIncoming(IPAddress from)
    {
        if (!HasIncoming && AddressReaches.Of(from) == AddressReach.Global)
            Volatile.Write(ref _hasIncoming, true);
    }

    /// <summary>Goes on with other settings; what cannot change stays as it is.</summary>
    /// <param name="settings">All settings.</param>
    public void Apply(ClientSettings settings)
    {
        Settings = settings with
        {
            MaxQueuedBytes = Settings.MaxQueuedBytes,
            DiskThreads = Settings.DiskThreads,
            CodePoint = Settings.CodePoint,
            Dht = Settings.Dht,
            LocalDiscovery = Settings.LocalDiscovery,
        };
        Download.Rate = settings.Limits.Download;
        Upload.Rate = settings.Limits.Upload;
        PeerClasses.Apply(Settings);
    }

    /// <summary>Opens what finds peers without trackers, as the settings say. We listen already, and the UDP port is open.</summary>
    public void OpenFinder()
    {
        ushort ListenPort(AddressFamily family) => ListenPorts.Of(family);

        DhtKeeper? dht = !Settings.Dht.IsEnabled || Datagrams.EndPoints.Count == 0 ? null : new DhtKeeper(
            new DhtNode(
                Settings.Dht, Datagrams, OutsidePort,
                new BootstrapResolver(Settings.Dht.BootstrapNodes, (host, cancel) => Network.ResolveAsync(host, NetworkUse.Peers, cancel), Time),
                Time, Random,
                fault => Faults.Record(DhtKeeper.Root, fault)),
            Settings.Dht.Store, Datagrams, DiskWorkers, Faults, Time);
        LocalDiscovery? local = Settings.LocalDiscovery
            ? LocalDiscovery.Open(Network, ListenPort, Time, Random, fault => Faults.Record("local discovery", fault))
            : null;
        Finder = new PeerFinder(Datagrams, OutsidePort, dht, local);
    }

    /// <summary>Has files closed that are not in use any more; called about once a second.</summary>
    public void CloseIdleFiles()
    {
        if (!Files.HasOpen || Interlocked.Exchange(ref _isClosingIdle, 1) != 0)
            return;
        _ = CloseAsync();

        async Task CloseAsync()
        {
            try
            {
                await DiskWorkers.RunAsync(Files.CloseIdle).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever it is costs open files and nothing else.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Faults.Record("closing of idle files", e);
            }
            finally
            {
                Volatile.Write(ref _isClosingIdle, 0);
            }
        }
    }

    /// <summary>Takes a place among the connected peers.</summary>
    public bool TryAddPeer()
    {
        if (Interlocked.Increment(ref _peers) <= MostPeers)
            return true;
        Interlocked.Decrement(ref _peers);
        Volatile.Write(ref _lastFull, Milliseconds);
        return false;
    }

    /// <summary>Gives the place back.</summary>
    public void RemovePeer() => Interlocked.Decrement(ref _peers);

    /// <summary>Takes a place among the connections being made.</summary>
    public bool TryBeginDial()
    {
        if (Interlocked.Increment(ref _halfOpen) <= Bounds.HalfOpen)
            return true;
        Interlocked.Decrement(ref _halfOpen);
        return false;
    }

    /// <summary>Gives the place back.</summary>
    public void EndDial() => Interlocked.Decrement(ref _halfOpen);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_portMapper is not null)
            await _portMapper.DisposeAsync().ConfigureAwait(false);
        Binding?.Dispose();
        if (Finder is not null)
            await Finder.DisposeAsync().ConfigureAwait(false);
        await DiskWorkers.DisposeAsync().ConfigureAwait(false);
        (Trackers as IDisposable)?.Dispose();
        Utp.Dispose();
        await Datagrams.DisposeAsync().ConfigureAwait(false);
        await TrackerDatagrams.DisposeAsync().ConfigureAwait(false);
        Announces.Dispose();
        Checks.Dispose();
        KeyExchanges.Dispose();
        PeerClasses.Dispose();
        Download.Dispose();
        Upload.Dispose();
        TcpDownload.Dispose();
        TcpUpload.Dispose();
    }

    private List<MappablePort> MappablePorts()
    {
        // With a bind interface, an address or a proxy everything goes by that: a VPN's, most likely, in whose network our router has no say.
        if (Settings.PortMapping != PortMappingPolicy.On || Settings.BindTarget != BindTarget.None
            || Settings.Proxy?.IsFor(ProxyUses.Peers) == true)
            return [];
        var ports = new List<MappablePort>();
        foreach (AddressFamily family in (ReadOnlySpan<AddressFamily>)[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
        {
            if (ListenPorts.Of(family) is not (> 0 and ushort tcp))
                continue;
            ports.Add(new MappablePort(ProtocolType.Tcp, tcp, family));
            if (Datagrams.EndPoints.FirstOrDefault(endPoint => endPoint.AddressFamily == family) is { } udp)
                ports.Add(new MappablePort(ProtocolType.Udp, (ushort)udp.Port, family));
        }

        return ports;
    }
}
