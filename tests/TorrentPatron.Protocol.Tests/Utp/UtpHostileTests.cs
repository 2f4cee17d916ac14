using System.Net;
using TorrentPatron.Protocol.Utp;
using Xunit;

namespace TorrentPatron.Protocol.Tests.Utp;

/// <summary>Hostile packets to a connection.</summary>
public sealed class UtpHostileTests : IUtpLink
{
    private const long Second = 1_000_000;

    private readonly UtpPacketPool _pool = new();
    private readonly List<byte[]> _sent = [];
    private readonly byte[] _into = new byte[64 * 1024];
    private long _now = 5_000_000;

    [Theory]
    [InlineData(5)]
    [InlineData(2_000)]
    [InlineData(32_767)]
    [InlineData(-2)]
    [InlineData(-30_000)]
    public void A_reset_that_acknowledges_packets_not_in_flight_has_no_effect(int distance)
    {
        UtpConnection connection = Connected();
        connection.Write(new byte[1_000]);
        connection.Flush(_now);
        Receive(connection, UtpPacketType.Reset, 0, SequenceNumber.Add(100, distance));
        Assert.Equal(UtpState.Connected, connection.State);
        Receive(connection, UtpPacketType.Reset, 0, 101);
        Assert.Equal(UtpFailure.Reset, connection.Failure);
        Assert.Equal(0, _pool.Rented);
    }

    [Fact]
    public void Acknowledgements_of_packets_never_sent_have_no_effect()
    {
        UtpConnection connection = Connected();
        connection.Write(new byte[10_000]);
        connection.Flush(_now);
        (int inFlight, int window) = (connection.InFlight, connection.Window);
        foreach (int distance in (int[])[30, 500, 20_000, -10_000])
            Receive(connection, UtpPacketType.State, 10, SequenceNumber.Add(100, distance), bits: [0xFF, 0xFF, 0xFF, 0xFF]);
        Assert.Equal((inFlight, window), (connection.InFlight, connection.Window));

        // The bits may name more packets than there are.
        Receive(connection, UtpPacketType.State, 10, 100, bits: [.. Enumerable.Repeat((byte)0xFF, 252)]);
        Assert.InRange(connection.InFlight, 0, inFlight);
        Assert.Equal(UtpState.Connected, connection.State);
    }

    [Fact]
    public void Packets_far_from_the_stream_are_not_kept()
    {
        UtpConnection connection = Connected();
        foreach (int distance in (int[])[UtpReceiveQueue.MostAhead + 1, 10_000, 32_767, -5_000, -32_768])
            Receive(connection, UtpPacketType.Data, SequenceNumber.Add(9, distance), 100, payload: new byte[100]);
        Assert.Equal(0, _pool.Rented);
        Assert.Equal(0, connection.Available);
    }

    [Fact]
    public void Memory_is_bounded_however_small_and_disordered_packets_are()
    {
        UtpConnection connection = Connected();
        for (int i = 0; i < 60_000; i++)
            Receive(connection, UtpPacketType.Data, SequenceNumber.Add(11, i % UtpReceiveQueue.MostAhead), 100, payload: [1], into: false);
        Assert.InRange(_pool.Rented, 1, (UtpReceiveQueue.MostBytes / UtpPacket.MostPayload) + 1);

        // In order, without a reader, one byte in each packet.
        UtpConnection other = Connected();
        int before = _pool.Rented;
        for (int i = 0; i < 30_000; i++)
            Receive(other, UtpPacketType.Data, SequenceNumber.Add(10, i), 100, payload: [1], into: false);
        Assert.Equal(30_000, other.Available);
        Assert.InRange(_pool.Rented - before, 1, (30_000 / UtpPacket.MostPayload) + 1);
    }

    [Fact]
    public void Packets_beyond_the_window_are_dropped()
    {
        UtpConnection connection = Connected();
        for (int i = 0; i < 2_000; i++)
            Receive(connection, UtpPacketType.Data, SequenceNumber.Add(10, i), 100, payload: new byte[1_400], into: false);
        Assert.InRange(connection.Available, UtpReceiveQueue.MostBytes - 1_400, UtpReceiveQueue.MostBytes);
        connection.Flush(_now);
        Assert.InRange(Read(_sent[^1]).WindowSize, 0u, 1_400u);
    }

    [Fact]
    public void An_absurd_window_is_not_believed_and_an_empty_one_is_probed()
    {
        UtpConnection connection = Connected();
        Receive(connection, UtpPacketType.State, 10, 100, window: uint.MaxValue);
        while (connection.Write(new byte[64 * 1024]) > 0)
            connection.Flush(_now);
        Assert.InRange(connection.InFlight, 1, CongestionWindow.Most);

        UtpConnection other = Connected();
        Receive(other, UtpPacketType.State, 10, 100, window: 0);
        other.Write(new byte[1_000]);
        other.Flush(_now);
        Assert.Equal(0, other.InFlight);
        _now = other.NextTick;
        other.Tick(_now);
        Assert.InRange(other.InFlight, 1, 1_000);
        // While probes are answered it continues, less and less often.
        int asked = 0;
        for (long end = _now + (600 * Second); _now < end; _now = Math.Min(other.NextTick, end))
        {
            int before = _sent.Count;
            other.Tick(_now);
            asked += _sent.Skip(before).Count(packet => Read(packet).Type == UtpPacketType.Data);
            Receive(other, UtpPacketType.State, 10, 100, window: 0);
        }

        Assert.Equal(UtpState.Connected, other.State);
        Assert.InRange(asked, 30, 150);
    }

    [Fact]
    public void Two_ends_of_a_stream_or_bytes_behind_it_are_refused()
    {
        UtpConnection connection = Connected();
        Receive(connection, UtpPacketType.Fin, 13, 100);
        Receive(connection, UtpPacketType.Fin, 12, 100);
        Receive(connection, UtpPacketType.Data, 14, 100, payload: new byte[10]);
        Receive(connection, UtpPacketType.Data, 13, 100, payload: new byte[10]);
        Assert.False(connection.HasEnded);
        int count = 0;
        foreach (ushort number in (ushort[])[10, 11, 12])
            count += Receive(connection, UtpPacketType.Data, number, 100, payload: new byte[10]);
        Assert.Equal(30, count);
        Assert.True(connection.HasEnded);
        Receive(connection, UtpPacketType.Data, 14, 100, payload: new byte[10]);
        Assert.Equal(0, connection.Available);
    }

    [Fact]
    public void A_connection_request_is_answered_without_state_and_only_a_receiver_of_the_answer_connects()
    {
        var cookies = new SynCookies(UtpConnectionTests.Bytes(16, 1));
        var remote = new IPEndPoint(IPAddress.Parse("203.0.113.7"), 6881);
        ushort cookie = cookies.Make(remote, 50, 1, _now);
        var second = new UtpHeader(UtpPacketType.Data, 51, 0, 0, 0, 2, (ushort)(cookie - 1));
        Assert.Equal(cookie, cookies.Find(remote, second, _now));
        Assert.Equal(cookie, cookies.Find(remote, second, _now + (15 * Second)));
        Assert.Null(cookies.Find(remote, second, _now + (40 * Second)));
        Assert.Null(cookies.Find(new IPEndPoint(remote.Address, 6882), second, _now));
        Assert.Null(cookies.Find(new IPEndPoint(IPAddress.Parse("203.0.113.8"), 6881), second, _now));
        int guessed = Enumerable.Range(0, 65_536).Count(number =>
            cookies.Find(remote, second with { AcknowledgementNumber = (ushort)number }, _now) is not null);
        Assert.InRange(guessed, 1, 2);
    }

    [Fact]
    public void The_answer_to_a_request_counts_only_if_it_names_the_request()
    {
        UtpConnection connection = UtpConnection.Connect(this, _pool, isIPv6: false, 20, 99, _now);
        foreach (UtpPacketType type in (UtpPacketType[])[UtpPacketType.State, UtpPacketType.Reset])
            Receive(connection, type, 10, 98);
        Receive(connection, UtpPacketType.Data, 10, 99, payload: new byte[10]);
        Receive(connection, UtpPacketType.Fin, 10, 99);
        Assert.Equal(UtpState.Connecting, connection.State);
        Receive(connection, UtpPacketType.Reset, 10, 99);
        Assert.Equal(UtpFailure.Reset, connection.Failure);
    }

    /// <inheritdoc/>
    bool IUtpLink.TrySend(ReadOnlySpan<byte> packet, bool isWhole)
    {
        _sent.Add(packet.ToArray());
        return true;
    }

    /// <summary>A connection whose next packet to send is 101 and to receive is 10.</summary>
    private UtpConnection Connected()
    {
        UtpConnection connection = UtpConnection.Connect(this, _pool, isIPv6: false, 20, 100, _now);
        Receive(connection, UtpPacketType.State, 10, 100);
        Assert.Equal(UtpState.Connected, connection.State);
        return connection;
    }

    private int Receive(
        UtpConnection connection, UtpPacketType type, ushort number, ushort acknowledged, uint window = 1 << 20, byte[]? payload = null, byte[]? bits = null,
        bool into = true) =>
        connection.Receive(new UtpHeader(type, 20, (uint)_now, 1_000, window, number, acknowledged), bits, payload, _now, into ? _into : default);

    private static UtpHeader Read(byte[] packet)
    {
        Assert.True(UtpHeader.TryRead(packet, out UtpHeader header, out _, out _));
        return header;
    }
}
