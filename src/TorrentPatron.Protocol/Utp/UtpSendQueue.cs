namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// The packets of one direction, from the first that was not acknowledged to the last that waits to be sent, and what of them is on its
/// way. What was acknowledged out of order has left a gap.
/// </summary>
/// <param name="pool">Where packets come from.</param>
/// <param name="first">The first packet's number.</param>
internal sealed class UtpSendQueue(UtpPacketPool pool, ushort first)
{
    /// <summary>Packets that it holds at most, the last one of the stream apart.</summary>
    private const int Most = PacketRing.Most - 1;

    private readonly PacketRing _ring = new();

    /// <summary>The first packet that was not acknowledged.</summary>
    public ushort First { get; private set; } = first;

    /// <summary>The next packet that was never sent.</summary>
    public ushort Unsent { get; private set; } = first;

    /// <summary>The number of the packet that will be made next.</summary>
    public ushort Next { get; private set; } = first;

    /// <summary>Bytes of payload that are not acknowledged.</summary>
    public int Bytes { get; private set; }

    /// <summary>Bytes of payload on their way.</summary>
    public int InFlight { get; private set; }

    /// <summary>Packets that must be sent again.</summary>
    public int Lost { get; private set; }

    /// <summary>Numbers from the first packet that was not acknowledged to the last that was sent.</summary>
    public int Sent => SequenceNumber.Distance(First, Unsent);

    /// <summary>Whether a packet waits that was never sent.</summary>
    public bool HasUnsent => Unsent != Next;

    /// <summary>Whether no further packet can be made.</summary>
    private bool IsFull => SequenceNumber.Distance(First, Next) >= Most;

    /// <summary>The packet of a number; null: it was acknowledged.</summary>
    public UtpPacket? this[ushort number] => _ring[number];

    /// <summary>Appends bytes to the packet that is being filled, or to new ones.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="capacity">Bytes of payload of a new packet.</param>
    /// <returns>The bytes taken.</returns>
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

    /// <summary>A packet was sent, for the first time or again.</summary>
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

    /// <summary>A packet that is on its way seems to be lost.</summary>
    public void MarkLost(UtpPacket packet)
    {
        packet.IsLost = true;
        Lost++;
        InFlight -= packet.Length;
    }

    /// <summary>A packet has arrived.</summary>
    /// <returns>The packet, which is the caller's now; null: that was known.</returns>
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

    /// <summary>Lets go of everything.</summary>
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
