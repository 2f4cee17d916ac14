using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.PortMapping;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Shared;

/// <summary>The resources that all torrents of one engine share. Engines share none of them.</summary>
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
        Queue = new TorrentQueue(() => Settings, time);
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

    /// <summary>The current settings.</summary>
    public ClientSettings Settings { get; private set; }

    /// <summary>How many connections and files may be open at once.</summary>
    public ConnectionBounds Bounds { get; }

    /// <summary>The network, for outgoing and incoming traffic.</summary>
    public INetwork Network { get; }

    /// <summary>The network with the IP filter applied.</summary>
    public FilteredNetwork Filter => (FilteredNetwork)Network;

    /// <summary>The interface or address that the network is bound to; null for a network supplied by the caller.</summary>
    public NetworkBinding? Binding { get; }

    /// <summary>Why nothing may be sent now, because the bound interface or address is missing; null if it is up.</summary>
    public TorrentError? NetworkDown => Binding?.Latest.Down;

    /// <summary>The UDP port for all UDP protocols.</summary>
    public SharedDatagramPort Datagrams { get; }

    /// <summary>Our address as reported by peers and trackers.</summary>
    public OutsideAddress Outside { get; } = new();

    /// <summary>uTP on that port.</summary>
    public UtpTransport Utp { get; }

    /// <summary>The UDP port for trackers, opened only if they use a proxy and peers do not, or the reverse.</summary>
    public SharedDatagramPort TrackerDatagrams { get; }

    /// <summary>The client for all trackers.</summary>
    public ITrackerClient Trackers { get; }

    /// <summary>Limits concurrent announces.</summary>
    public AnnounceLimiter Announces { get; } = new();

    /// <summary>Handles unexpected exceptions.</summary>
    public FaultHandler Faults { get; } = new();

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; }

    /// <summary>The clock's monotonic milliseconds, by which rates are measured.</summary>
    public long Milliseconds => (long)Time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>The random number generator of all torrents.</summary>
    public Random Random { get; }

    /// <summary>Our peer id.</summary>
    public PeerId PeerId { get; set; }

    /// <summary>The ports that peers can reach us at.</summary>
    public ListenPorts ListenPorts { get; set; } = ListenPorts.None;

    /// <summary>Returns the IP versions that peers can reach us over; one delegate for all torrents.</summary>
    public Func<IReadOnlyList<AddressFamily>> Families => field ??= () => ListenPorts.Families;

    /// <summary>
    /// Returns our address as seen from the internet, like <see cref="OutsideEndPoint"/>; one delegate for all torrents.
    /// </summary>
    public Func<AddressFamily, IPEndPoint?> Self => field ??= OutsideEndPoint;

    /// <summary>Maps ports on routers; null if it was never used.</summary>
    public PortMapper? PortMapper => _portMapper;

    /// <summary>Called when our external ports may have changed.</summary>
    public Action? PortsChanged { get; set; }

    /// <summary>Whether a peer from the internet has connected to us.</summary>
    public bool HasIncoming => Volatile.Read(ref _hasIncoming);

    /// <summary>Finds peers without trackers; null until it is opened.</summary>
    public PeerFinder? Finder { get; private set; }

    /// <summary>The threads for hashing and file access.</summary>
    public DiskWorkers DiskWorkers { get; }

    /// <summary>Limits concurrent checks: enough to keep every disk thread busy with small torrents.</summary>
    public SemaphoreSlim Checks { get; } = new(MostChecks, MostChecks);

    /// <summary>Decides which torrents run.</summary>
    public TorrentQueue Queue { get; }

    /// <summary>Limits concurrent key exchanges.</summary>
    public SemaphoreSlim KeyExchanges { get; } = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Open files.</summary>
    public FileHandlePool Files { get; }

    /// <summary>Receive buffers.</summary>
    public SlabPool Slabs { get; } = new();

    /// <summary>Limits the bytes waiting for the disk.</summary>
    public BackPressure BackPressure { get; }

    /// <summary>Counts received bytes that cannot be hashed yet.</summary>
    public HeldBytes Held { get; }

    /// <summary>Limits the memory for assembling metadata.</summary>
    public MetadataMemory MetadataMemory { get; } = new();

    /// <summary>
    /// The limit for receiving over all torrents, except for peers with another limiter in <see cref="PeerClasses"/>.
    /// </summary>
    public RateLimiter Download { get; }

    /// <summary>The limit for sending over all torrents, with the same exception.</summary>
    public RateLimiter Upload { get; }

    /// <summary>The peer classes, some with their own limits.</summary>
    public PeerClassTable PeerClasses { get; }

    /// <summary>The limit for receiving over TCP from the internet, so that uTP gets its share.</summary>
    public RateLimiter TcpDownload { get; }

    /// <summary>The limit for sending over TCP to the internet, so that uTP gets its share.</summary>
    public RateLimiter TcpUpload { get; }

    /// <summary>The most connected peers of all torrents.</summary>
    public int MostPeers => Math.Min(Settings.MaxPeers, Bounds.Peers);

    /// <summary>Whether all slots for peers are taken, and a peer was refused within the last seconds.</summary>
    public bool IsFull => Peers >= MostPeers && Milliseconds - Volatile.Read(ref _lastFull) < FullMilliseconds;

    /// <summary>
    /// Our address and port as seen from the internet, from reports by the DHT, peers and trackers; null if unknown.
    /// </summary>
    public IPEndPoint? OutsideEndPoint(AddressFamily family) =>
        (Finder?.ExternalEndPoint(family)?.Address ?? Outside.Of(family)) is { } address ? new IPEndPoint(address, ListenPorts.Of(family)) : null;

    /// <summary>Connected peers of all torrents.</summary>
    public int Peers => Volatile.Read(ref _peers);

    /// <summary>Creates our handshake for a torrent.</summary>
    public Handshake MakeHandshake(InfoHash torrent) =>
        new(torrent, PeerId, SupportsFast: true, SupportsExtensions: true, SupportsDht: Finder is { HasDht: true });

    /// <summary>
    /// The TCP port to announce outside our network: the router's external port if it has mapped ours. 0 if we cannot be reached.
    /// </summary>
    public ushort OutsidePort(AddressFamily family)
    {
        ushort port = ListenPorts.Of(family);
        return family == AddressFamily.InterNetwork && _portMapper?.ExternalPort(ProtocolType.Tcp, port) is > 0 and ushort mapped ? mapped : port;
    }

    /// <summary>The port to announce to a tracker over an IP version; never 0.</summary>
    public ushort PortForTracker(AddressFamily family) => OutsidePort(family) is > 0 and ushort port ? port : ListenPorts.ForTracker(family);

    /// <summary>Updates the port mappings from the settings and the open ports. One call at a time.</summary>
    public void UpdatePortMapping()
    {
        // Routers are contacted directly: they are in our own network, whatever the route to the internet.
        if (_portMapper is { } mapper)
            mapper.Refresh();
        else if (MappablePorts().Count > 0)
            _portMapper = new PortMapper(_inner, MappablePorts, Time, () => PortsChanged?.Invoke(), fault => Faults.Record("port mapping", fault));
    }

    /// <summary>Records that a peer has connected to us.</summary>
    public void NoteIncoming(IPAddress from)
    {
        if (!HasIncoming && AddressReaches.Of(from) == AddressReach.Global)
            Volatile.Write(ref _hasIncoming, true);
    }

    /// <summary>Applies new settings; those that cannot change keep their values.</summary>
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

    /// <summary>Opens discovery without trackers, as configured. The TCP and UDP ports are already open.</summary>
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

    /// <summary>Closes files that have not been used for a while; called about once a second.</summary>
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
#pragma warning disable CA1031 // Any exception only leaves files open.
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

    /// <summary>Takes a slot for a connected peer.</summary>
    public bool TryAddPeer()
    {
        if (Interlocked.Increment(ref _peers) <= MostPeers)
            return true;
        Interlocked.Decrement(ref _peers);
        Volatile.Write(ref _lastFull, Milliseconds);
        return false;
    }

    /// <summary>Releases the slot.</summary>
    public void RemovePeer() => Interlocked.Decrement(ref _peers);

    /// <summary>Takes a slot for a dial.</summary>
    public bool TryBeginDial()
    {
        if (Interlocked.Increment(ref _halfOpen) <= Bounds.HalfOpen)
            return true;
        Interlocked.Decrement(ref _halfOpen);
        return false;
    }

    /// <summary>Releases the slot.</summary>
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
        // With a bind interface, an address or a proxy, all traffic goes there: probably into a VPN, where our router has no say.
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
