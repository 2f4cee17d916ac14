using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Discovery;

/// <summary>
/// A network of datagrams with its own clock: events happen one after the other, in an order that the
/// seed determines, in simulated time.
/// </summary>
internal sealed class SimulatedDatagrams(int seed) : TimeProvider
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<Action, (long At, long Number)> _events = new();
    private readonly Dictionary<IPEndPoint, Port> _ports = [];
    private long _now;
    private long _number;

    /// <summary>The share of datagrams that are lost, from 0 to 1.</summary>
    public double Loss { get; set; }

    /// <summary>Number of datagrams sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Called with each sent datagram.</summary>
    public Action<IPEndPoint, IPEndPoint, ReadOnlyMemory<byte>>? OnSent { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_now);

    /// <summary>Opens a port; its listener is set afterwards.</summary>
    public Port Open(params IPEndPoint[] local)
    {
        var port = new Port(this, local);
        foreach (IPEndPoint endPoint in local)
            _ports[endPoint] = port;
        return port;
    }

    /// <summary>Lets time pass, and runs everything that is due in it.</summary>
    public void Advance(TimeSpan time)
    {
        long until = _now + time.Ticks;
        while (_events.TryPeek(out Action? action, out (long At, long Number) when) && when.At <= until)
        {
            _events.Dequeue();
            _now = when.At;
            action();
        }

        _now = until;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void At(long time, Action action) => _events.Enqueue(action, (time, _number++));

    private void Send(Port from, byte[] datagram, IPEndPoint to)
    {
        Sent++;
        IPEndPoint source = from.Local.First(local => local.AddressFamily == to.AddressFamily);
        OnSent?.Invoke(source, to, datagram);
        if (_random.NextDouble() < Loss)
            return;
        // Each pair of nodes is 10 to 200 ms apart, as on the internet.
        long latency = _random.Next(10, 200) * TimeSpan.TicksPerMillisecond;
        At(_now + latency, () =>
        {
            if (_ports.TryGetValue(to, out Port? port))
                port.Handler?.TryHandle(datagram, source);
        });
    }

    /// <summary>A port on the network.</summary>
    internal sealed class Port(SimulatedDatagrams network, IPEndPoint[] local) : IDatagramPort
    {
        public IPEndPoint[] Local => local;

        public IDatagramHandler? Handler { get; set; }

        public bool Has(AddressFamily family) => local.Any(endPoint => endPoint.AddressFamily == family);

        public void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote) => network.Send(this, datagram.ToArray(), remote);

        public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
        {
            Send(datagram.Span, remote);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class SimulatedTimer(SimulatedDatagrams network, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            int version = ++_version;
            if (dueTime != Timeout.InfiniteTimeSpan)
                network.At(network._now + dueTime.Ticks, () => Fire(version, period));
            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int version, TimeSpan period)
        {
            if (version != _version)
                return;
            if (period > TimeSpan.Zero)
                Change(period, period);
            callback(state);
        }
    }
}
