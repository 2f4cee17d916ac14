namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// The packets of one direction, from the first unacknowledged one to the last one waiting to be sent, and which of them are in
/// flight. Packets acknowledged out of order leave gaps.
/// </summary>
/// <param name="pool">Provides packets.</param>
/// <param name="first">The first packet's number.</param>
internal sealed class UtpSendQueue(UtpPacketPool pool, ushort first)
{
    /// <summary>The most packets that it holds, apart from the last one of the stream.</summary>
    private const int Most = PacketRing.Most - 1;

    private readonly PacketRing _ring = new();

    /// <summary>The first unacknowledged packet.</summary>
    public ushort First { get; private set; } = first;

    /// <summary>The next packet that was never sent.</summary>
    public ushort Unsent { get; private set; } = first;

    /// <summary>The number of the next new packet.</summary>
    public ushort Next { get; private set; } = first;

    /// <summary>Unacknowledged bytes of payload.</summary>
    public int Bytes { get; private set; }

    /// <summary>Bytes of payload in flight.</summary>
    public int InFlight { get; private set; }

    /// <summary>Packets that must be retransmitted.</summary>
    public int Lost { get; private set; }

    /// <summary>Numbers from the first unacknowledged packet to the last one sent.</summary>
    public int Sent => SequenceNumber.Distance(First, Unsent);

    /// <summary>Whether a packet is waiting that was never sent.</summary>
    public bool HasUnsent => Unsent != Next;

    /// <summary>Whether no further packet can be added.</summary>
    private bool IsFull => SequenceNumber.Distance(First, Next) >= Most;

    /// <summary>The packet with a number; null if it was acknowledged.</summary>
    public UtpPacket? this[ushort number] => _ring[number];

    /// <summary>Appends bytes to the packet being filled, or to new ones.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="capacity">Bytes of payload of a new packet.</param>
    /// <returns>The bytes accepted.</returns>
    public int Append(ReadOnlySpan<byte> bytes, int capacity)
    {
        int taken = 0;
        UtpPacket? last = HasUnsent ? _ring[SequenceNumber.Add(Next, -1)] : null;
        while (taken < bytes.Length)
        {
            if (last is null || last.Length == last.Capacity)
            {
                if (IsFull)
                    break;
                last = Add(capacity);
            }

            taken += last.Append(bytes[taken..]);
        }

        Bytes += taken;
        return taken;
    }

    /// <summary>Appends the end of the stream.</summary>
    public void AppendFin() => Add(0).IsFin = true;

    /// <summary>Records that a packet was sent, for the first time or again.</summary>
    public void MarkSent(UtpPacket packet, long now)
    {
        if (packet.IsLost)
        {
            packet.IsLost = false;
            Lost--;
        }
        else
        {
            Unsent++;
        }

        packet.SentAt = now;
        packet.Transmissions++;
        InFlight += packet.Length;
    }

    /// <summary>Marks a packet in flight as lost.</summary>
    public void MarkLost(UtpPacket packet)
    {
        packet.IsLost = true;
        Lost++;
        InFlight -= packet.Length;
    }

    /// <summary>Removes an acknowledged packet.</summary>
    /// <returns>The packet, which now belongs to the caller; null if it was acknowledged before.</returns>
    public UtpPacket? Take(ushort number)
    {
        UtpPacket? packet = _ring.Remove(number);
        if (packet is not null)
        {
            Bytes -= packet.Length;
            if (packet.IsLost)
                Lost--;
            else
                InFlight -= packet.Length;
        }

        while (First != Unsent && _ring[First] is null)
            First++;
        return packet;
    }

    /// <summary>Releases everything.</summary>
    public void Clear()
    {
        _ring.Clear(pool);
        First = Unsent = Next;
        Bytes = InFlight = Lost = 0;
    }

    private UtpPacket Add(int capacity)
    {
        UtpPacket packet = pool.Rent(capacity);
        _ring.Add(Next, packet, First);
        Next++;
        return packet;
    }
}
