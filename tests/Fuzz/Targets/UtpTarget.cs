using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Utp;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>uTP packets: a header that was read is written identically.</summary>
internal sealed class UtpPacketTarget : IFuzzTarget
{
    public string Name => "utp-packet";

    public IMutator Mutator { get; } = new ByteMutator([
        UtpConnectionTarget.Packet(UtpPacketType.Data, 1, 2, payload: [1, 2, 3]),
        UtpConnectionTarget.Packet(UtpPacketType.State, 1, 2, bits: [1, 2, 3, 4]),
        UtpConnectionTarget.Packet(UtpPacketType.Syn, 1, 0)]);

    public long AllowedBytes(int length) => 4 * 1024 + (2L * length);

    public bool Run(byte[] input)
    {
        if (!UtpHeader.TryRead(input, out UtpHeader header, out ReadOnlySpan<byte> bits, out ReadOnlySpan<byte> payload))
            return false;
        Span<byte> written = stackalloc byte[UtpHeader.Length];
        header.Write(written, input[1]);
        Property.Same(input.AsSpan(0, UtpHeader.Length), written, "the written header equals the one that was read");
        Property.Holds(bits.Length <= byte.MaxValue && payload.Length <= input.Length - UtpHeader.Length, "the fields lie within the packet");
        return true;
    }
}

/// <summary>
/// A uTP connection and its events: each is a byte for the kind and two for the length, followed by a packet or
/// a time.
/// </summary>
internal sealed class UtpConnectionTarget : IFuzzTarget, IUtpLink
{
    private const ushort Id = 20, First = 101, Awaited = 10;

    /// <summary>The largest number of packets that a connection may hold, with a margin.</summary>
    private const int MostPackets = 5_000;

    private byte[] _lastSent = [];
    private int _sent;

    public string Name => "utp-connection";

    public IMutator Mutator { get; } = new ByteMutator([Sample(0), Sample(1), Sample(2)]);

    public double Share => 0.2;

    public long AllowedBytes(int length) => 16L * 1024 * 1024 + (64L * length);

    public bool TrySend(ReadOnlySpan<byte> packet, bool isWhole)
    {
        Property.Holds(packet.Length <= UtpPacket.MostBytes, "packets are not longer than the path allows");
        Property.Holds(UtpHeader.TryRead(packet, out _, out _, out _), "sent packets can be read");
        _sent++;
        _lastSent = _lastSent.Length == 0 ? packet.ToArray() : _lastSent;
        return _sent % 17 != 0;
    }

    public bool Run(byte[] input)
    {
        (_sent, _lastSent) = (0, []);
        var pool = new UtpPacketPool();
        long now = 1_000_000;
        UtpConnection connection = UtpConnection.Connect(this, pool, isIPv6: false, Id, First - 1, now);
        byte[] into = new byte[8 * 1024], data = new byte[20_000];
        int taken = 0;
        ReadOnlySpan<byte> rest = input;
        while (rest.Length >= 3 && connection.State != UtpState.Closed)
        {
            int length = Math.Min(((rest[1] << 8) | rest[2]) % 1_600, rest.Length - 3);
            ReadOnlySpan<byte> bytes = rest.Slice(3, length);
            switch (rest[0] % 8)
            {
                case 0:
                    now += (length + 1) * 1_000L;
                    connection.Tick(now);
                    break;
                case 1:
                    taken += connection.Write(data);
                    connection.Flush(now);
                    break;
                case 2:
                    connection.Read(into);
                    connection.Flush(now);
                    break;
                case 3 when length > 200:
                    connection.Close(now);
                    break;
                case 4:
                    now = Math.Max(now, Math.Min(connection.NextTick, now + 120_000_000));
                    connection.Tick(now);
                    break;
                default:
                    if (UtpHeader.TryRead(bytes, out UtpHeader header, out ReadOnlySpan<byte> bits, out ReadOnlySpan<byte> payload))
                    {
                        Span<byte> destination = into.AsSpan(0, rest[0] * 16);
                        Property.Holds(connection.Receive(header, bits, payload, now, destination) <= destination.Length, "received data fits into the buffer");
                        connection.Flush(now);
                    }

                    break;
            }

            Property.Holds(connection.InFlight >= 0 && connection.InFlight <= CongestionWindow.Most + data.Length, "bytes in flight are counted");
            Property.Holds(connection.Available is >= 0 and <= UtpReceiveQueue.MostBytes, "unread data is bounded");
            Property.Holds(pool.Rented is >= 0 and <= MostPackets, "memory is bounded");
            Property.Holds(connection.Window >= 500, "the window never closes");
            rest = rest[(3 + length)..];
        }

        bool isSound = taken > 0;
        connection.Abort(now);
        Property.Holds(pool.Rented == 0, "a closed connection has no memory");
        return isSound;
    }

    internal static byte[] Packet(UtpPacketType type, ushort number, ushort acknowledged, byte[]? payload = null, byte[]? bits = null)
    {
        byte[] packet = new byte[UtpHeader.Length];
        new UtpHeader(type, Id, 5, 6, 100_000, number, acknowledged).Write(packet, bits is null ? UtpHeader.NoExtension : UtpHeader.SelectiveAck);
        return bits is null ? [.. packet, .. payload ?? []] : [.. packet, 0, (byte)bits.Length, .. bits, .. payload ?? []];
    }

    private static byte[] Sample(int which)
    {
        List<byte> story = [];
        Say(7, Packet(UtpPacketType.State, Awaited, First - 1));
        Say(1, []);
        Say(7, Packet(UtpPacketType.Data, Awaited, First, new byte[300]));
        Say(7, Packet(UtpPacketType.State, Awaited + 1, First, bits: [0xFC, 0, 0, 0]));
        Say(1, []);
        Say(which == 0 ? (byte)7 : (byte)6, Packet(UtpPacketType.Data, Awaited + 3, First + 1, new byte[700]));
        Say(4, []);
        Say(7, Packet(UtpPacketType.Data, Awaited + 1, First + 2, new byte[700]));
        Say(2, []);
        if (which == 1)
            Say(3, new byte[201]);
        Say(7, which == 2 ? Packet(UtpPacketType.Reset, Awaited + 2, First + 2) : Packet(UtpPacketType.Fin, Awaited + 4, First + 3));
        Say(4, []);
        Say(0, new byte[900]);
        return [.. story];

        void Say(byte what, byte[] bytes) => story.AddRange([what, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes]);
    }
}
