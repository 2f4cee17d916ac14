namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// Received data that has not been read: in order, and out of order after a gap. Bounded, whatever the other side sends.
/// </summary>
/// <param name="pool">Provides packets.</param>
/// <param name="last">The number before the first packet's.</param>
internal sealed class UtpReceiveQueue(UtpPacketPool pool, ushort last)
{
    /// <summary>The most bytes that it holds.</summary>
    public const int MostBytes = 1024 * 1024;

    /// <summary>The most bytes held while memory is scarce.</summary>
    private const int ScarceBytes = 64 * 1024;

    /// <summary>The most numbers between the last packet in order and another.</summary>
    public const int MostAhead = 2_048;

    private readonly PacketRing _ring = new();
    private Queue<UtpPacket>? _unread;
    private UtpPacket? _tail;
    private int _outOfOrder;
    private ushort _farthest;
    private ushort _fin;
    private bool _hasFin;
    private bool _isDiscarding;

    /// <summary>The last packet received in order.</summary>
    public ushort Last { get; private set; } = last;

    /// <summary>Bytes that can be read.</summary>
    public int Available { get; private set; }

    /// <summary>Whether the whole stream has arrived, including its end.</summary>
    public bool HasEnd => _hasFin && Last == _fin;

    /// <summary>Whether packets wait after a gap.</summary>
    public bool HasGap => _outOfOrder > 0;

    /// <summary>Bytes that the other side may send.</summary>
    public int Window => Math.Max(0, Capacity - Available - _outOfOrder * UtpPacket.MostPayload);

    /// <summary>The intended capacity, bytes.</summary>
    public int Capacity => pool.IsScarce ? ScarceBytes : MostBytes;

    /// <summary>Takes a packet.</summary>
    /// <param name="number">Its number, at most <see cref="MostAhead"/> after the last in order.</param>
    /// <param name="isFin">Whether it ends the stream.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="destination">Receives the next bytes of the stream directly; the filled part is cut off.</param>
    /// <returns>Whether it was the next one in order.</returns>
    public bool TryTake(ushort number, bool isFin, ReadOnlySpan<byte> payload, ref Span<byte> destination)
    {
        int ahead = SequenceNumber.Distance(Last, number);
        if (ahead <= 0 || (_hasFin && (SequenceNumber.Distance(_fin, number) > 0 || isFin != (number == _fin))))
            return false;
        if (isFin && HasGap && SequenceNumber.Distance(number, _farthest) > 0)
            return false;
        if (ahead > 1)
        {
            Keep(number, isFin, payload);
            return false;
        }

        if (Available + payload.Length > MostBytes)
            return false;
        if (isFin)
            (_hasFin, _fin) = (true, number);
        Last = number;
        Deliver(payload, ref destination);
        while (_outOfOrder > 0 && _ring.Remove(SequenceNumber.Add(Last, 1)) is { } next)
        {
            Last++;
            _outOfOrder--;
            Deliver(next.Payload, ref destination);
            pool.Return(next);
        }

        return true;
    }

    /// <summary>Reads.</summary>
    /// <returns>The bytes read.</returns>
    public int Read(Span<byte> destination)
    {
        int taken = 0;
        while (taken < destination.Length && _unread is { Count: > 0 })
        {
            UtpPacket packet = _unread.Peek();
            int count = Math.Min(destination.Length - taken, packet.Length - packet.Taken);
            packet.Payload.Slice(packet.Taken, count).CopyTo(destination[taken..]);
            packet.Taken += count;
            taken += count;
            if (packet.Taken == packet.Length)
                pool.Return(_unread.Dequeue());
        }

        Available -= taken;
        if (Available == 0)
            (_unread, _tail) = (_unread?.Capacity > 64 ? null : _unread, null);
        return taken;
    }

    /// <summary>Writes the bits of packets received after the gap.</summary>
    /// <param name="bits">Receives the bits; all of it is written.</param>
    /// <returns>The meaningful bytes, a multiple of 4; 0 if there is no gap.</returns>
    public int WriteSelectiveAck(Span<byte> bits)
    {
        if (!HasGap)
            return 0;
        bits.Clear();
        ushort first = SequenceNumber.Add(Last, 2);
        int count = Math.Min(SequenceNumber.Distance(first, _farthest) + 1, bits.Length * 8);
        for (int i = 0; i < count; i++)
        {
            if (_ring[SequenceNumber.Add(first, i)] is not null)
                bits[i / 8] |= (byte)(1 << (i % 8));
        }

        return (count + 31) / 32 * 4;
    }

    /// <summary>Releases everything; later data is discarded.</summary>
    public void Discard()
    {
        _isDiscarding = true;
        while (_unread is { Count: > 0 })
            pool.Return(_unread.Dequeue());
        _ring.Clear(pool);
        (_unread, _tail, _outOfOrder, Available) = (null, null, 0, 0);
    }

    private void Keep(ushort number, bool isFin, ReadOnlySpan<byte> payload)
    {
        // Small packets take as much memory as large ones.
        if (_isDiscarding || payload.Length > UtpPacket.MostPayload || Available + ((_outOfOrder + 1) * UtpPacket.MostPayload) > MostBytes)
            return;
        if (_outOfOrder > 0 && SequenceNumber.Distance(number, _farthest) >= 0 && _ring[number] is not null)
            return;
        if (isFin)
            (_hasFin, _fin) = (true, number);
        UtpPacket packet = pool.Rent(UtpPacket.MostPayload);
        packet.Append(payload);
        _ring.Add(number, packet, SequenceNumber.Add(Last, 1));
        if (_outOfOrder++ == 0 || SequenceNumber.Distance(_farthest, number) > 0)
            _farthest = number;
    }

    private void Deliver(ReadOnlySpan<byte> payload, ref Span<byte> destination)
    {
        if (_isDiscarding)
            return;
        if (Available == 0 && destination.Length > 0)
        {
            int direct = Math.Min(payload.Length, destination.Length);
            payload[..direct].CopyTo(destination);
            destination = destination[direct..];
            payload = payload[direct..];
        }

        Available += payload.Length;
        while (payload.Length > 0)
        {
            // Combined, so that many small packets take no more memory than a few large ones.
            if (_tail is null || _tail.Length == _tail.Capacity)
            {
                _tail = pool.Rent(UtpPacket.MostPayload);
                (_unread ??= new Queue<UtpPacket>()).Enqueue(_tail);
            }

            payload = payload[_tail.Append(payload)..];
        }
    }
}
