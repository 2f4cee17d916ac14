namespace TorrentPatron.Protocol.Utp;

/// <summary>Packets by sequence number; those in use are within a span of <see cref="Most"/>.</summary>
internal sealed class PacketRing
{
    /// <summary>The largest span of numbers.</summary>
    public const int Most = 4_096;

    private const int Least = 16;

    private UtpPacket?[] _slots = [];

    /// <summary>The packet with a number.</summary>
    public UtpPacket? this[ushort number] => _slots.Length == 0 ? null : _slots[number & (_slots.Length - 1)];

    /// <summary>Adds a packet.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="first">The first number in use.</param>
    public void Add(ushort number, UtpPacket packet, ushort first)
    {
        int span = SequenceNumber.Distance(first, number) + 1;
        if (span > _slots.Length)
            Grow(span, first);
        _slots[number & (_slots.Length - 1)] = packet;
    }

    /// <summary>Removes a packet.</summary>
    public UtpPacket? Remove(ushort number)
    {
        if (_slots.Length == 0)
            return null;
        ref UtpPacket? slot = ref _slots[number & (_slots.Length - 1)];
        UtpPacket? packet = slot;
        slot = null;
        return packet;
    }

    /// <summary>Returns all packets and the memory.</summary>
    public void Clear(UtpPacketPool pool)
    {
        foreach (UtpPacket? packet in _slots)
        {
            if (packet is not null)
                pool.Return(packet);
        }

        _slots = [];
    }

    private void Grow(int span, ushort first)
    {
        int length = Math.Max(Least, _slots.Length);
        while (length < span)
            length *= 2;
        var slots = new UtpPacket?[length];
        for (int i = 0; i < _slots.Length; i++)
        {
            ushort number = SequenceNumber.Add(first, i);
            slots[number & (length - 1)] = _slots[number & (_slots.Length - 1)];
        }

        _slots = slots;
    }
}
