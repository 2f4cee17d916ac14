using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>Hosts, and the lines between them: latency, bandwidth, cuts.</summary>
internal sealed class SimulatedNetwork(World world)
{
    /// <summary>The longest time that a datagram waits for a host's line.</summary>
    private static readonly TimeSpan LongestQueue = TimeSpan.FromSeconds(1);

    private readonly Dictionary<IPAddress, SimulatedHost> _hosts = [];
    private readonly List<SimulatedConnection> _connections = [];
    private readonly Dictionary<IPEndPoint, List<SimulatedDatagramSocket>> _groups = [];
    private readonly Dictionary<string, IPAddress[]> _names = [];
    private int _lastAddress;
    /// <summary>The first ephemeral port; after the last one they start again.</summary>
    private const int FirstPort = 50_000;

    private int _lastPort = FirstPort;

    /// <summary>Number of connections made.</summary>
    public int Dialled { get; private set; }

    /// <summary>Number of connections that are open at either end.</summary>
    public int Open => _connections.Count(connection => !connection.IsClosed) / 2;

    /// <summary>The share of datagrams that are lost on the way, from 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>Time until a name server answers.</summary>
    public TimeSpan NameLatency { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Sets the addresses of a name, the best first.</summary>
    public void Name(string name, params IEnumerable<IPAddress> addresses) => _names[name] = [.. addresses];

    /// <summary>Adds a host.</summary>
    /// <param name="latency">Time from it to the middle of the network.</param>
    /// <param name="up">Upload rate of its line in bytes/s; 0 means no limit.</param>
    /// <param name="down">Download rate of its line in bytes/s; 0 means no limit.</param>
    public SimulatedHost Join(TimeSpan? latency = null, long up = 0, long down = 0)
    {
        int number = ++_lastAddress;
        return Join(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), latency, up, down);
    }

    /// <summary>Adds a host with a given address.</summary>
    public SimulatedHost Join(IPAddress address, TimeSpan? latency = null, long up = 0, long down = 0)
    {
        return _hosts[address] = new SimulatedHost(world, this, address, latency ?? TimeSpan.FromMilliseconds(10), up, down);
    }

    /// <summary>Cuts the network in two: hosts of one side do not hear those of the other.</summary>
    public void Cut(params IEnumerable<SimulatedHost> side)
    {
        foreach (SimulatedHost host in side)
            host.IsApart = true;
    }

    /// <summary>Repairs every cut; data in flight arrives.</summary>
    public void Mend()
    {
        foreach (SimulatedHost host in _hosts.Values)
            host.IsApart = false;
        foreach (SimulatedConnection connection in _connections)
            connection.Incoming.Release();
    }

    /// <summary>Breaks connections like a router that loses its state: both ends are notified.</summary>
    /// <param name="which">Selects the connections.</param>
    /// <returns>Number of broken connections.</returns>
    public int Break(Func<SimulatedConnection, bool> which)
    {
        SimulatedConnection[] broken = [.. _connections.Where(connection => !connection.IsClosed && which(connection))];
        foreach (SimulatedConnection connection in broken)
            connection.Break();
        _connections.RemoveAll(connection => connection.IsClosed);
        return broken.Length;
    }

    /// <summary>Looks a name up. The name servers are on the near side of a cut.</summary>
    public async Task<IPAddress[]> ResolveAsync(SimulatedHost from, string name, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(name, out IPAddress? address))
            return [address];
        await Task.Delay(from.IsApart ? TimeSpan.FromSeconds(10) : NameLatency, world.Time, cancellationToken).ConfigureAwait(false);
        if (from.IsApart)
            throw new SocketException((int)SocketError.TryAgain);
        return _names.GetValueOrDefault(name) ?? throw new SocketException((int)SocketError.HostNotFound);
    }

    /// <summary>A host joins a multicast group: all hosts are in one local network.</summary>
    public SimulatedDatagramSocket Join(SimulatedHost host, IPEndPoint group)
    {
        if (!_groups.TryGetValue(group, out List<SimulatedDatagramSocket>? members))
            _groups[group] = members = [];
        SimulatedDatagramSocket joined = null!;
        joined = new SimulatedDatagramSocket(this, host, group, () => members.Remove(joined));
        members.Add(joined);
        return joined;
    }

    /// <summary>Sends a datagram to a host or a group. It is lost by chance, and if a host's line is too busy.</summary>
    public void Send(SimulatedHost from, byte[] datagram, IPEndPoint source, IPEndPoint to)
    {
        foreach (SimulatedHost host in _groups.TryGetValue(to, out List<SimulatedDatagramSocket>? members)
            ? members.Select(member => member.Host)
            : Find(to.Address) is { } one ? [one] : [])
        {
            if ((Loss > 0 && world.Random.NextDouble() < Loss) || from.UpFree > world.Now + LongestQueue.Ticks)
                continue;
            from.Holes.Add(to);
            from.UpFree = Math.Max(world.Now, from.UpFree) + SimulatedPipe.Duration(datagram.Length, from.UpRate);
            world.Schedule(from.UpFree + from.LatencyTo(host).Ticks, () =>
            {
                if (host.IsBehindRouter && !host.Holes.Contains(source))
                    return;
                if (host.IsApart != from.IsApart || host.DownFree > world.Now + LongestQueue.Ticks)
                    return;
                host.DownFree = Math.Max(world.Now, host.DownFree) + SimulatedPipe.Duration(datagram.Length, host.DownRate);
                world.Schedule(host.DownFree, () => (members?.Find(member => member.Host == host) ?? host.SocketAt(to.Port))?.Take(datagram, source));
            });
        }
    }

    public SimulatedHost? Find(IPAddress address) => _hosts.GetValueOrDefault(address);

    public IPEndPoint NewEndPoint(IPAddress address) => new(address, _lastPort = _lastPort == IPEndPoint.MaxPort ? FirstPort : _lastPort + 1);

    public SimulatedConnection Connect(SimulatedHost from, SimulatedHost to, SimulatedListener listener)
    {
        Dialled++;
        var there = new SimulatedPipe(world, from, to);
        var back = new SimulatedPipe(world, to, from);
        var dialler = new SimulatedConnection(listener.LocalEndPoint, back, there);
        var accepted = new SimulatedConnection(NewEndPoint(from.Address), there, back);
        (dialler.Other, accepted.Other) = (accepted, dialler);
        if (_connections.Count > 1000)
            _connections.RemoveAll(connection => connection.IsClosed);
        _connections.AddRange([dialler, accepted]);
        listener.Take(accepted);
        return dialler;
    }
}
