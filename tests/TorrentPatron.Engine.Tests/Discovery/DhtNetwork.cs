using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Tests.Discovery;

/// <summary>Our DHT nodes on a simulated network.</summary>
internal sealed class DhtNetwork(int seed)
{
    private static readonly HostResolver NoNames = (_, _) => throw new InvalidOperationException("Nobody asks for names here.");

    private readonly Random _random = new(seed);
    private int _made;

    public SimulatedDatagrams Datagrams { get; } = new(seed);

    public Random Random => _random;

    /// <summary>Receives the nodes' faults; the default fails the test.</summary>
    public Action<Exception> OnFault { get; set; } = static fault => throw new InvalidOperationException("A node failed.", fault);

    /// <summary>Adds a node that starts from the given nodes.</summary>
    public Member Add(Func<int, IPAddress> address, params IPEndPoint[] bootstrap) => Add(address, settings => settings, bootstrap);

    public Member Add(Func<int, IPAddress> address, Func<DhtSettings, DhtSettings> with, params IPEndPoint[] bootstrap) =>
        Add([new IPEndPoint(address(_made), 6881)], with, bootstrap);

    public Member Add(IPEndPoint[] local, Func<DhtSettings, DhtSettings> with, params IPEndPoint[] bootstrap)
    {
        _made++;
        DhtSettings settings = with(new DhtSettings { IsEnabled = true, BootstrapNodes = [.. bootstrap.Select(node => node.ToString())] });
        SimulatedDatagrams.Port port = Datagrams.Open(local);
        var node = new DhtNode(
            settings, port, _ => 6881, new BootstrapResolver(settings.BootstrapNodes, NoNames, Datagrams), Datagrams, new Random(_random.Next()),
            OnFault);
        port.Handler = node;
        return new Member(node, port, local[0]);
    }

    public LyingNode AddLiar(Func<int, IPAddress> address)
    {
        SimulatedDatagrams.Port port = Datagrams.Open(new IPEndPoint(address(_made++), 6881));
        return new LyingNode(port, new Random(_random.Next()));
    }

    /// <summary>An address in a private network, where any id is valid (BEP 42).</summary>
    public static IPAddress Home(int number) => new([10, (byte)(number >> 8), (byte)number, 1]);

    /// <summary>An internet address; each is in its own network.</summary>
    public static IPAddress Public(int number) => new([(byte)(20 + (number & 63)), (byte)(number >> 6), (byte)(7 * number), (byte)(1 + (number % 250))]);

    internal sealed record Member(DhtNode Node, SimulatedDatagrams.Port Port, IPEndPoint EndPoint)
    {
        /// <summary>Peers that a search has found.</summary>
        public List<IPEndPoint> Found { get; } = [];

        public void Start() => Node.Start(new DhtState());

        public DhtTorrent Find(InfoHash torrent, bool isSeed = false) => Node.Find(torrent, () => isSeed, (peers, _) => Found.AddRange(peers));

        /// <summary>Disappears from the network.</summary>
        public void Die()
        {
            Port.Handler = null;
            Node.Dispose();
        }
    }
}
