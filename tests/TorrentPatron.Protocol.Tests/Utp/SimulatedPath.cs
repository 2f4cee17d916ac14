namespace TorrentPatron.Protocol.Tests.Utp;

/// <summary>A deterministic clock with scheduled actions, in microseconds.</summary>
internal sealed class SimulatedClock
{
    private readonly PriorityQueue<Action, (long At, long Order)> _events = new();
    private long _order;

    public long Now { get; private set; } = 1_000_000;

    public void At(long time, Action action) => _events.Enqueue(action, (Math.Max(time, Now), _order++));

    /// <summary>Runs until a condition holds or a time is reached.</summary>
    /// <returns>Whether it holds.</returns>
    public bool RunUntil(Func<bool> done, long until)
    {
        while (!done())
        {
            if (!_events.TryPeek(out _, out (long At, long Order) next) || next.At > until)
            {
                Now = Math.Max(Now, until);
                return done();
            }

            Now = Math.Max(Now, next.At);
            _events.Dequeue()();
        }

        return true;
    }
}

/// <summary>One direction of a path: a bottleneck with a queue, then a delay, with loss and reordering.</summary>
internal sealed class SimulatedPath(SimulatedClock clock, Random random)
{
    private const int Headers = 28;

    private long _freeAt;

    /// <summary>Bytes/s; 0 means no bottleneck.</summary>
    public long Rate { get; init; }

    /// <summary>Length of the bottleneck's queue in bytes.</summary>
    public int QueueBytes { get; init; } = int.MaxValue;

    /// <summary>One-way delay, microseconds.</summary>
    public long Delay { get; init; } = 10_000;

    public double Loss { get; init; }

    /// <summary>The share of packets that take up to <see cref="ReorderDelay"/> longer.</summary>
    public double Reorder { get; init; }

    public long ReorderDelay { get; init; } = 5_000;

    /// <summary>Length of the longest packet in bytes, IPv4 and UDP headers included; longer ones are lost.</summary>
    public int Mtu { get; set; } = 1_500;

    public long Bytes { get; private set; }

    public int Dropped { get; private set; }

    public void Send(ReadOnlySpan<byte> packet, Action<byte[]> deliver)
    {
        byte[] copy = packet.ToArray();
        Send(copy.Length, () => deliver(copy));
    }

    public void Send(int length, Action deliver)
    {
        int size = length + Headers;
        long waiting = Math.Max(0, _freeAt - clock.Now);
        if (size > Mtu || random.NextDouble() < Loss || (Rate > 0 && (waiting * Rate / 1_000_000) + size > QueueBytes))
        {
            Dropped++;
            return;
        }

        Bytes += size;
        long leaves = clock.Now;
        if (Rate > 0)
            leaves = _freeAt = Math.Max(clock.Now, _freeAt) + (size * 1_000_000L / Rate);
        clock.At(leaves + Delay + (random.NextDouble() < Reorder ? random.NextInt64(ReorderDelay) : 0), deliver);
    }
}
