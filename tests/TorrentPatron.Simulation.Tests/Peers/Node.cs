using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Peers;

/// <summary>Our engine on its own host, with its own folder and its messages.</summary>
internal sealed class Node : IAsyncDisposable
{
    public static readonly Uri Tracker = new("http://tracker.example/announce");

    private readonly TempFolder _folder = new();
    private readonly World _world;
    private readonly Uri[] _announces;
    private long _lastId;

    /// <summary>Creates an engine.</summary>
    /// <param name="world">The world that it belongs to.</param>
    /// <param name="seed">The seed of its random numbers.</param>
    /// <param name="host">Its host; null: a new one.</param>
    /// <param name="tracker">A tracker that it reaches without a network.</param>
    /// <param name="settings">Changes the engine's settings.</param>
    /// <param name="diskThreads">Number of disk threads shared by all torrents.</param>
    /// <param name="announces">Trackers that it reaches over the network of the world.</param>
    public Node(
        World world, int seed, SimulatedHost? host = null, SimulatedTracker? tracker = null, Func<ClientSettings, ClientSettings>? settings = null,
        int diskThreads = 1, params Uri[] announces)
    {
        _world = world;
        Host = host ?? world.Network.Join();
        _announces = tracker is null ? announces : [Tracker];
        var made = new ClientSettings { BindAddress = Host.Address, StatusInterval = TimeSpan.FromSeconds(5) };
        Client = new TorrentClient(
            settings?.Invoke(made) ?? made, Host, tracker?.For(Host), world.Time, new Random(seed),
            new DiskWorkers(Enumerable.Range(0, diskThreads).Select(_ => MakeDiskThread()), MakeDiskThread));
        Client.Resources.Files.Transferred = (path, offset, count, isWrite) => DriveOf(path)?.Move(path, offset, count, isWrite) ?? TimeSpan.Zero;
        _ = PumpAsync();
    }

    public SimulatedHost Host { get; }

    public TorrentClient Client { get; }

    /// <summary>Its trackers.</summary>
    public IReadOnlyList<Uri> Announces => _announces;

    public string Folder => _folder.Path;

    /// <summary>The drive on which a file lies, by its path; null: one that takes no time.</summary>
    public Func<string, SimulatedDrive?> DriveOf { get; set; } = static _ => null;

    /// <summary>Bytes that wait for the disk.</summary>
    public long QueuedBytes => Client.Resources.BackPressure.Queued;

    public IPEndPoint EndPoint => Client.GetClientStatus().ListenEndPoints[0];

    /// <summary>Bytes in memory that cannot be hashed yet.</summary>
    public long HeldBytes => Client.Resources.Held.Bytes;

    public List<TorrentMessage> Messages { get; } = [];

    public TorrentStatus Status(SwarmTorrent torrent) => Client.GetStatus(torrent.Metainfo.TorrentId)!;

    public bool Has(SwarmTorrent torrent) => Client.GetStatus(torrent.Metainfo.TorrentId) is { State: TorrentState.Seeding };

    public async Task<TorrentAnswer> SendAsync(Func<long, TorrentCommand> command)
    {
        long id = ++_lastId;
        Client.Post(command(id));
        TorrentAnswer? Answer() => Messages.OfType<TorrentAnswer>().FirstOrDefault(answer => answer.CorrelationId == id);
        await _world.UntilAsync(() => Answer() is not null, TimeSpan.FromMinutes(10), "a command is answered");
        return Answer()!;
    }

    /// <summary>Starts a torrent.</summary>
    public async Task StartAsync(SwarmTorrent torrent, params IReadOnlyList<IPEndPoint> peers) =>
        await StartAsync(torrent, new MemoryResumeStore(), peers);

    /// <summary>Starts a torrent with its saved state.</summary>
    public async Task StartAsync(SwarmTorrent torrent, MemoryResumeStore store, params IReadOnlyList<IPEndPoint> peers) =>
        Assert.IsType<NewTorrentCreated>(await SendAsync(id => new CreateNewTorrent(id, torrent.Metainfo, Folder)
        {
            ResumeStore = store,
            Peers = peers,
            Trackers = _announces,
        }));

    /// <summary>Starts a torrent whose data is on disk.</summary>
    public async Task SeedAsync(SwarmTorrent torrent, params IReadOnlyList<IPEndPoint> peers)
    {
        torrent.WriteTo(Folder);
        await StartAsync(torrent, peers);
        await _world.UntilAsync(() => Has(torrent), TimeSpan.FromMinutes(10), "a torrent whose data is on disk is complete");
    }

    /// <summary>Downloads a torrent from a seed that does not run it yet, and checks the connection as each side sees it.</summary>
    public async Task AssertDownloadsAsync(SwarmTorrent torrent, Node seed, Action<PeerSnapshot> check)
    {
        await seed.SeedAsync(torrent);
        await StartAsync(torrent, seed.EndPoint);
        await _world.UntilAsync(() => Client.GetPeers(torrent.Metainfo.TorrentId).Count > 0, TimeSpan.FromMinutes(1), "they are connected");
        check(Assert.Single(Client.GetPeers(torrent.Metainfo.TorrentId)));
        check(Assert.Single(seed.Client.GetPeers(torrent.Metainfo.TorrentId)));
        await _world.UntilAsync(() => Has(torrent), TimeSpan.FromMinutes(1), "it is complete");
    }

    /// <summary>Resumes a torrent that is suspended or has failed.</summary>
    public Task<TorrentAnswer> ResumeAsync(SwarmTorrent torrent) => SendAsync(id => new ResumeTorrent(id, torrent.Metainfo.TorrentId));

    public async ValueTask DisposeAsync()
    {
        await _world.UntilAsync(Client.DisposeAsync().AsTask(), TimeSpan.FromMinutes(10), "the engine has stopped");
        _folder.Dispose();
    }

    private SimulatedDisk MakeDiskThread() => new(_world, TimeSpan.FromMilliseconds(1));

    private async Task PumpAsync()
    {
        await foreach (TorrentMessage message in Client.Messages.ReadAllAsync().ConfigureAwait(false))
            Messages.Add(message);
    }
}
