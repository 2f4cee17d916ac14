using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>A machine on the network.</summary>
internal sealed class SimulatedHost(
    World world, SimulatedNetwork network, IPAddress address, TimeSpan latency, long up, long down) : INetwork
{
    private readonly Dictionary<int, SimulatedListener> _listeners = [];
    private readonly Dictionary<int, SimulatedDatagramSocket> _datagrams = [];

    public IPAddress Address => address;

    public ReadOnlyCollection<IPAddress> LocalAddresses => [address];

    public ReadOnlyCollection<IPAddress> GroupAddresses => [address];

    /// <summary>Time from it to the middle of the network.</summary>
    public TimeSpan Latency { get; set; } = latency;

    /// <summary>Whether it is on the far side of a cut.</summary>
    public bool IsApart { get; set; }

    /// <summary>Whether a router in front of it blocks all addresses except those that it has sent datagrams to.</summary>
    public bool IsBehindRouter { get; set; }

    /// <summary>Those addresses.</summary>
    public HashSet<IPEndPoint> Holes { get; } = [];

    /// <summary>Upload rate of its line in bytes/s; 0 means no limit.</summary>
    public long UpRate { get; } = up;

    /// <summary>Download rate of its line in bytes/s; 0 means no limit.</summary>
    public long DownRate { get; } = down;

    /// <summary>Time when its line is free again in this direction, in ticks since the beginning.</summary>
    public long UpFree { get; set; }

    /// <inheritdoc cref="UpFree"/>
    public long DownFree { get; set; }

    /// <summary>Time for a bit from here to another host.</summary>
    public TimeSpan LatencyTo(SimulatedHost other) => Latency + other.Latency;

    public async Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        SimulatedHost? host = network.Find(remote.Address);
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (host is not null)
            world.Schedule(2 * LatencyTo(host), () => arrived.TrySetResult());
        await arrived.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        while (host!.IsApart != IsApart || host.IsBehindRouter)
        {
            // The dial is repeated until the line is repaired or the caller stops waiting.
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time, cancellationToken).ConfigureAwait(false);
        }

        return host._listeners.TryGetValue(remote.Port, out SimulatedListener? listener)
            ? network.Connect(this, host, listener)
            : throw new IOException("Nobody listens there.");
    }

    public IListener Listen(IPEndPoint local)
    {
        IPEndPoint endPoint = local.Port == 0 ? network.NewEndPoint(address) : new IPEndPoint(address, local.Port);
        var listener = new SimulatedListener(endPoint, () => _listeners.Remove(endPoint.Port));
        return _listeners.TryAdd(endPoint.Port, listener) ? listener : throw new IOException("The port is taken.");
    }

    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use)
    {
        IPEndPoint endPoint = local.Port == 0 ? network.NewEndPoint(address) : new IPEndPoint(address, local.Port);
        var socket = new SimulatedDatagramSocket(network, this, endPoint, () => _datagrams.Remove(endPoint.Port));
        return _datagrams.TryAdd(endPoint.Port, socket) ? socket : throw new IOException("The port is taken.");
    }

    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local) => network.Join(this, group);

    public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) => network.ResolveAsync(this, host, cancellationToken);

    /// <summary>The socket at a UDP port; null if the port is unused.</summary>
    public SimulatedDatagramSocket? SocketAt(int port) => _datagrams.GetValueOrDefault(port);
}
