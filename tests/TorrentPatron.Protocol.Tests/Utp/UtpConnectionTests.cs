using TorrentPatron.Protocol.Utp;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Utp;

/// <summary>Connections over simulated paths.</summary>
public sealed class UtpConnectionTests
{
    private const long Second = 1_000_000;

    private readonly SimulatedClock _clock = new();
    private readonly UtpPacketPool _pool = new();

    [Theory]
    [InlineData(0, 0, 10_000)]
    [InlineData(0.01, 0, 10_000)]
    [InlineData(0.05, 0, 10_000)]
    [InlineData(0.01, 0.1, 40_000)]
    [InlineData(0.05, 0.3, 150_000)]
    public void Both_streams_arrive_whole_over_a_bad_path(double loss, double reorder, long delay)
    {
        byte[] one = Bytes(300_000, 1), other = Bytes(200_000, 2);
        (UtpEnd a, UtpEnd b) = Pair(new Random(3), random => new SimulatedPath(_clock, random) { Loss = loss, Reorder = reorder, Delay = delay });
        a.Connect();
        a.Write(one);
        b.Write(other);

        Assert.True(_clock.RunUntil(() => a.Received.Count == other.Length && b.Received.Count == one.Length, 600 * Second));
        Assert.Equal(one, b.Received);
        Assert.Equal(other, a.Received);
        Assert.Equal(UtpState.Connected, a.Connection!.State);
    }

    [Fact]
    public void A_closed_stream_ends_after_its_last_byte_and_leaves_nothing()
    {
        byte[] bytes = Bytes(100_000, 1);
        (UtpEnd a, UtpEnd b) = Pair(new Random(3), random => new SimulatedPath(_clock, random) { Loss = 0.05 });
        a.Connect();
        a.Write(bytes);
        Assert.True(_clock.RunUntil(() => a.IsWritten && a.Connection!.State == UtpState.Connected, 60 * Second));
        a.Close();
        Assert.True(_clock.RunUntil(() => b.Connection is { HasEnded: true }, 60 * Second));
        Assert.Equal(bytes, b.Received);
        b.Close();
        Assert.True(_clock.RunUntil(() => a.Connection!.State == UtpState.Closed && b.Connection!.State == UtpState.Closed, _clock.Now + 60 * Second));
        Assert.Equal(UtpFailure.None, a.Connection!.Failure);
        Assert.Equal(0, _pool.Rented);
    }

    [Theory]
    [InlineData(576)]
    [InlineData(1_000)]
    [InlineData(1_280)]
    [InlineData(1_492)]
    [InlineData(1_500)]
    public void Packets_become_as_long_as_the_path_carries(int mtu)
    {
        byte[] bytes = Bytes(400_000, 1);
        (UtpEnd a, UtpEnd b) = Pair(new Random(3), random => new SimulatedPath(_clock, random) { Mtu = mtu });
        a.Connect();
        a.Write(bytes);
        Assert.True(_clock.RunUntil(() => b.Received.Count == bytes.Length, 60 * Second));
        Assert.Equal(bytes, b.Received);
        Assert.InRange(a.Connection!.PacketSize, mtu - 28 - 16, mtu - 28);
    }

    [Theory]
    [InlineData(0, 10_000, 0.85)]
    [InlineData(0, 50_000, 0.85)]
    [InlineData(0, 150_000, 0.75)]
    [InlineData(0.001, 10_000, 0.6)]
    public void A_connection_alone_fills_the_path(double loss, long delay, double share)
    {
        const long Rate = 1_250_000;
        var path = new SimulatedPath(_clock, new Random(3)) { Rate = Rate, QueueBytes = 250_000, Loss = loss, Delay = delay };
        (UtpEnd a, UtpEnd b) = Pair(path, new SimulatedPath(_clock, new Random(4)) { Delay = delay });
        b.IsKept = false;
        a.IsEndless = true;
        a.Connect();
        _clock.RunUntil(() => false, 6 * Second);
        long before = b.Count;
        _clock.RunUntil(() => false, 36 * Second);
        Assert.InRange((b.Count - before) / 30.0 / Rate, share, 1.0);
    }

    [Fact]
    public void Four_connections_leave_a_tcp_flow_its_rate()
    {
        const long Rate = 1_250_000;
        SimulatedPath Bottleneck() => new(_clock, new Random(3)) { Rate = Rate, QueueBytes = 300_000, Delay = 20_000 };
        SimulatedPath alone = Bottleneck(), shared = Bottleneck();
        var reference = new RenoFlow(_clock, alone, 20_000);
        var beside = new RenoFlow(_clock, shared, 20_000);
        var others = new List<UtpEnd>();
        for (int i = 0; i < 4; i++)
        {
            (UtpEnd a, UtpEnd b) = Pair(shared, new SimulatedPath(_clock, new Random(4)) { Delay = 20_000 });
            b.IsKept = false;
            a.IsEndless = true;
            a.Connect((ushort)(1_000 * (i + 1)));
            others.Add(b);
        }

        _clock.RunUntil(() => false, 10 * Second);
        long utpAlone = others.Sum(end => end.Count);
        reference.Start();
        beside.Start();
        _clock.RunUntil(() => false, 70 * Second);
        Assert.InRange((double)beside.Delivered / reference.Delivered, 0.9, 1.1);
        Assert.True(utpAlone > Rate * 9 / 2, $"{utpAlone} bytes before the other flow began");
    }

    [Fact]
    public void Clocks_that_drift_do_not_change_the_rate()
    {
        const long Rate = 1_250_000;
        var path = new SimulatedPath(_clock, new Random(3)) { Rate = Rate, QueueBytes = 250_000 };
        (UtpEnd a, UtpEnd b) = Pair(path, new SimulatedPath(_clock, new Random(4)));
        b.Skew = now => now + (now / 10_000) + 123_456_789;
        b.IsKept = false;
        a.IsEndless = true;
        a.Connect();
        _clock.RunUntil(() => false, 600 * Second);
        long before = b.Count;
        _clock.RunUntil(() => false, 660 * Second);
        Assert.InRange((b.Count - before) / 60.0 / Rate, 0.8, 1.0);
    }

    [Fact]
    public void A_receiver_that_does_not_read_stops_the_sender_until_it_reads()
    {
        byte[] bytes = Bytes(3_000_000, 1);
        (UtpEnd a, UtpEnd b) = Pair(new Random(3), random => new SimulatedPath(_clock, random) { Loss = 0.01 });
        b.IsReading = false;
        a.Connect();
        a.Write(bytes);
        _clock.RunUntil(() => false, 120 * Second);
        Assert.InRange(b.Connection!.Available, 900_000, UtpReceiveQueue.MostBytes);
        Assert.Equal(UtpState.Connected, a.Connection!.State);
        Assert.False(a.IsWritten);

        b.IsReading = true;
        b.Go();
        Assert.True(_clock.RunUntil(() => b.Received.Count == bytes.Length, 300 * Second));
        Assert.Equal(bytes, b.Received);
    }

    [Fact]
    public void Without_an_answer_the_connection_breaks_after_some_tries()
    {
        (UtpEnd a, _) = Pair(new Random(3), random => new SimulatedPath(_clock, random) { Loss = 1 });
        a.Connect();
        Assert.True(_clock.RunUntil(() => a.Connection!.State == UtpState.Closed, 60 * Second));
        Assert.Equal(UtpFailure.TimedOut, a.Connection!.Failure);
    }

    [Fact]
    public void The_connection_breaks_when_the_other_side_vanishes()
    {
        (UtpEnd a, UtpEnd b) = Pair(new Random(3), random => new SimulatedPath(_clock, random));
        a.Connect();
        a.Write(Bytes(1_000, 1));
        Assert.True(_clock.RunUntil(() => b.Received.Count == 1_000, 10 * Second));
        a.Other = new UtpEnd(_clock, new SimulatedPath(_clock, new Random(1)) { Loss = 1 }, _pool);
        a.Write(Bytes(1_000, 1));
        Assert.True(_clock.RunUntil(() => a.Connection!.State == UtpState.Closed, 300 * Second));
        Assert.Equal(UtpFailure.TimedOut, a.Connection!.Failure);
    }

    [Fact]
    public void An_idle_connection_is_kept_alive_and_holds_no_packets()
    {
        (UtpEnd a, UtpEnd b) = Pair(new Random(3), random => new SimulatedPath(_clock, random));
        a.Connect();
        a.Write(Bytes(5_000, 1));
        Assert.True(_clock.RunUntil(() => b.Received.Count == 5_000, 10 * Second));
        _clock.RunUntil(() => false, 20 * Second);
        Assert.Equal(0, _pool.Rented);
        int packets = 0;
        a.Watch = _ => packets++;
        _clock.RunUntil(() => false, 110 * Second);
        Assert.InRange(packets, 3, 5);
        Assert.Equal(UtpState.Connected, b.Connection!.State);
    }

    [Fact]
    public void Sending_and_receiving_allocates_nothing_for_each_packet()
    {
        var wire = new Queue<byte[]>();
        var spare = new Stack<byte[]>();
        var lengths = new Queue<int>();
        var link = new QueueLink(wire, spare, lengths);
        var back = new QueueLink([], new Stack<byte[]>(), []);
        UtpConnection a = UtpConnection.Connect(link, _pool, isIPv6: false, 1, 1, 1_000);
        a.Receive(new UtpHeader(UtpPacketType.State, 1, 0, 0, 1 << 20, 10, 1), default, default, 2_000, default);
        UtpConnection? b = null;
        byte[] bytes = new byte[64 * 1024], into = new byte[64 * 1024];
        long now = 3_000;
        wire.Clear();
        lengths.Clear();
        Carry(20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = Carry(200);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(count > 2_000, $"{count} packets");
        Assert.True(allocated < count, $"{allocated} bytes for {count} packets");

        int Carry(int rounds)
        {
            int packets = 0;
            for (int i = 0; i < rounds; i++)
            {
                now += 1_000;
                a.Write(bytes);
                a.Flush(now);
                while (wire.TryDequeue(out byte[]? packet))
                {
                    UtpHeader.TryRead(packet.AsSpan(0, lengths.Dequeue()), out UtpHeader header, out ReadOnlySpan<byte> bits, out ReadOnlySpan<byte> payload);
                    b ??= UtpConnection.Accept(back, _pool, isIPv6: false, header, 10, now);
                    b.Receive(header, bits, payload, now, into);
                    spare.Push(packet);
                    packets++;
                }

                b?.Flush(now);
                while (back.Packets.TryDequeue(out byte[]? packet))
                {
                    UtpHeader.TryRead(packet.AsSpan(0, back.Lengths.Dequeue()), out UtpHeader header, out ReadOnlySpan<byte> bits, out _);
                    a.Receive(header, bits, default, now, default);
                    back.Spare.Push(packet);
                }
            }

            return packets;
        }
    }

    internal static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private (UtpEnd A, UtpEnd B) Pair(Random random, Func<Random, SimulatedPath> make) =>
        Pair(make(new Random(random.Next())), make(new Random(random.Next())));

    private (UtpEnd A, UtpEnd B) Pair(SimulatedPath there, SimulatedPath back)
    {
        var a = new UtpEnd(_clock, there, _pool);
        var b = new UtpEnd(_clock, back, _pool) { Other = a };
        a.Other = b;
        return (a, b);
    }

    private sealed class QueueLink(Queue<byte[]> packets, Stack<byte[]> spare, Queue<int> lengths) : IUtpLink
    {
        public Queue<byte[]> Packets { get; } = packets;

        public Queue<int> Lengths { get; } = lengths;

        public Stack<byte[]> Spare { get; } = spare;

        public bool TrySend(ReadOnlySpan<byte> packet, bool isWhole)
        {
            if (!Spare.TryPop(out byte[]? copy))
                copy = new byte[UtpPacket.MostBytes];
            packet.CopyTo(copy);
            Packets.Enqueue(copy);
            Lengths.Enqueue(packet.Length);
            return true;
        }
    }
}
