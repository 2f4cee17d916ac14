namespace TorrentPatron.Protocol.Utp;

/// <summary>The pool of packets for all connections of one engine. Thread-safe.</summary>
/// <param name="plenty">Packets in use above which connections use less memory.</param>
internal sealed class UtpPacketPool(int plenty = UtpPacketPool.Plenty)
{
    /// <summary>Packets in use above which memory is scarce: 64 MiB.</summary>
    private const int Plenty = 64 * 1024 * 1024 / UtpPacket.MostBytes;

    /// <summary>The most packets kept for reuse: 3 MiB.</summary>
    private const int MostKept = 2_048;

    private readonly Lock _gate = new();
    private readonly Stack<UtpPacket> _free = new();
    private int _rented;

    /// <summary>Packets in use.</summary>
    public int Rented => Volatile.Read(ref _rented);

    /// <summary>Whether so many are in use that each connection should use few.</summary>
    public bool IsScarce => Rented >= plenty;

    /// <summary>Rents a packet.</summary>
    /// <param name="capacity">Bytes of payload that it is for.</param>
    public UtpPacket Rent(int capacity)
    {
        UtpPacket? packet;
        lock (_gate)
        {
            _rented++;
            _free.TryPop(out packet);
        }

        packet ??= new UtpPacket();
        packet.Clear(capacity);
        return packet;
    }

    /// <summary>Returns a packet, which must not be used any more.</summary>
    public void Return(UtpPacket packet)
    {
        lock (_gate)
        {
            _rented--;
            if (_free.Count < MostKept)
                _free.Push(packet);
        }
    }

    /// <summary>Releases unused packets.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            _free.Clear();
            _free.TrimExcess();
        }
    }
}
