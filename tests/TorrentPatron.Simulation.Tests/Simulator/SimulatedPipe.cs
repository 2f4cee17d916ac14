namespace TorrentPatron.Simulation.Simulator;

/// <summary>One direction of a stream: bytes take time on both hosts' lines, and the number of bytes in flight is bounded.</summary>
internal sealed class SimulatedPipe(World world, SimulatedHost from, SimulatedHost to)
{
    private const int Window = 256 * 1024;
    private const int LargestPacket = 16 * 1024;

    private readonly Queue<ReadOnlyMemory<byte>> _arrived = new();

    /// <summary>The data that has arrived at the cut in the network.</summary>
    private readonly Queue<ReadOnlyMemory<byte>> _held = new();
    private TaskCompletionSource? _room;
    private TaskCompletionSource? _data;
    private long _lastReach;
    private int _onTheWay;
    private bool _hasEnded;
    private bool _isBroken;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_isBroken)
                throw new IOException("The connection is closed.");
            int length = Math.Min(Math.Min(LargestPacket, bytes.Length), Window - _onTheWay);
            if (length == 0)
            {
                _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await _room.Task.ConfigureAwait(false);
                continue;
            }

            Send(bytes[..length].ToArray());
            bytes = bytes[length..];
        }

        if (_isBroken)
            throw new IOException("The connection is closed.");
    }

    public async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        while (_arrived.Count == 0)
        {
            if (_isBroken)
                throw new IOException("The connection is closed.");
            _data ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _data.Task.ConfigureAwait(false);
        }

        if (_isBroken)
            throw new IOException("The connection is closed.");
        return Take(into);
    }

    /// <summary>The writer has ended; data in flight arrives.</summary>
    public void End()
    {
        if (!_hasEnded)
            Send(default);
        _hasEnded = true;
    }

    /// <summary>The reader has closed the stream.</summary>
    public void Break()
    {
        _isBroken = true;
        Signal(ref _data);
        Signal(ref _room);
    }

    /// <summary>The cut is repaired.</summary>
    public void Release()
    {
        ReadOnlyMemory<byte>[] held = [.. _held];
        _held.Clear();
        foreach (ReadOnlyMemory<byte> packet in held)
            Arrive(packet);
    }

    private static void Signal(ref TaskCompletionSource? waiter)
    {
        TaskCompletionSource? signalled = waiter;
        waiter = null;
        signalled?.TrySetResult();
    }

    private int Take(Memory<byte> into)
    {
        int taken = 0;
        while (taken < into.Length && _arrived.TryPeek(out ReadOnlyMemory<byte> packet) && packet.Length > 0)
        {
            int part = Math.Min(packet.Length, into.Length - taken);
            packet[..part].CopyTo(into[taken..]);
            taken += part;
            _arrived.Dequeue();
            if (part < packet.Length)
                Return(packet[part..]);
        }

        // An empty packet is the end, and stays: every later read finds it too.
        _onTheWay -= taken;
        Signal(ref _room);
        return taken;
    }

    private void Return(ReadOnlyMemory<byte> rest)
    {
        ReadOnlyMemory<byte>[] others = [.. _arrived];
        _arrived.Clear();
        _arrived.Enqueue(rest);
        foreach (ReadOnlyMemory<byte> other in others)
            _arrived.Enqueue(other);
    }

    private void Send(ReadOnlyMemory<byte> packet)
    {
        _onTheWay += packet.Length;
        from.UpFree = Math.Max(world.Now, from.UpFree) + Duration(packet.Length, from.UpRate);
        _lastReach = Math.Max(from.UpFree + from.LatencyTo(to).Ticks, _lastReach);
        world.Schedule(_lastReach, () => Reach(packet));
    }

    /// <summary>A packet has reached the other host's line.</summary>
    private void Reach(ReadOnlyMemory<byte> packet)
    {
        to.DownFree = Math.Max(world.Now, to.DownFree) + Duration(packet.Length, to.DownRate);
        if (to.DownRate == 0)
            Arrive(packet);
        else
            world.Schedule(to.DownFree, () => Arrive(packet));
    }

    /// <summary>Time of a transfer on a line in ticks; 0 bytes/s means no limit.</summary>
    public static long Duration(int bytes, long rate) => rate == 0 ? 0 : bytes * TimeSpan.TicksPerSecond / rate;

    private void Arrive(ReadOnlyMemory<byte> packet)
    {
        if (from.IsApart != to.IsApart || _held.Count > 0)
        {
            _held.Enqueue(packet);
            return;
        }

        _arrived.Enqueue(packet);
        Signal(ref _data);
    }
}
