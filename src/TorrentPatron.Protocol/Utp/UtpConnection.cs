namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// One side of a uTP connection (BEP 29): a state machine that takes packets and times (microseconds of a monotonic clock), and
/// decides what to send. Packets are sent only by <see cref="Connect"/>, <see cref="Flush"/>, <see cref="Tick"/>,
/// <see cref="Close"/> and <see cref="Abort"/>, so that the results of many calls leave together. The other side may be hostile:
/// packets that could not come from someone who sees the connection's packets have no effect. Not thread-safe.
/// </summary>
internal sealed class UtpConnection
{
    /// <summary>How far numbers may be in the past, for delayed packets.</summary>
    private const int MostBehind = PacketRing.Most;

    /// <summary>Bytes of the selective acknowledgement bits.</summary>
    private const int MostSelectiveAck = 64;

    private const int MostTries = 6;
    private const int MostFullFailures = 4;
    private const int MostSyns = 4;

    /// <summary>The most packets in flight: others keep no more after a gap.</summary>
    private const int MostSent = 1_000;
    private const int DuplicatesOfLoss = 3;
    private const int PacketsOfAck = 2;
    private const int LeastSendBuffer = 64 * 1024;

    private const long Second = 1_000_000;
    private const long AckDelay = 10_000;
    private const long KeepAlive = 29 * Second;
    private const long Linger = 30 * Second;
    private const long FinLinger = 5 * Second;

    /// <summary>The most by which a faster clock is followed at once.</summary>
    private const uint MostDrift = 10_000;

    private readonly IUtpLink _link;
    private readonly UtpPacketPool _pool;
    private readonly UtpSendQueue _out;
    private readonly RoundTripTimer _roundTrip = new();
    private readonly DelayHistory _ourDelays = new();
    private readonly DelayHistory _theirDelays = new();
    private readonly CongestionWindow _congestion;
    private readonly PathMtu _mtu;
    private UtpReceiveQueue _in;

    private int _peerWindow = LeastSendBuffer;
    private uint _replyDelay;
    private long _lastSent;
    private long _latestAcked;
    private long _retransmitAt = long.MaxValue;
    private long _probeAt = long.MaxValue;
    private long _ackAt = long.MaxValue;
    private long _lingerAt = long.MaxValue;
    private int _failures;
    private int _duplicates;
    private int _unacknowledged;
    private int _lastWindow;
    private bool _mustAck;
    private bool _wasHeard;
    private bool _isDetached;
    private bool _isFinAcked;
    private ushort _recoveryEnd;
    private ushort _lastSmall;
    private bool _hasSmall;

    private UtpConnection(IUtpLink link, UtpPacketPool pool, bool isIPv6, ushort receiveId, ushort sendId, ushort first, ushort lastReceived, long now)
    {
        (_link, _pool, ReceiveId, SendId) = (link, pool, receiveId, sendId);
        _out = new UtpSendQueue(pool, first);
        _in = new UtpReceiveQueue(pool, lastReceived);
        _mtu = new PathMtu(isIPv6);
        _congestion = new CongestionWindow(Payload);
        (_lastSent, _recoveryEnd) = (now, first);
    }

    /// <summary>The connection id in packets to this side.</summary>
    public ushort ReceiveId { get; }

    /// <summary>The connection id in packets to the other side.</summary>
    public ushort SendId { get; }

    /// <summary>The state of the connection.</summary>
    public UtpState State { get; private set; } = UtpState.Connected;

    /// <summary>Why it broke.</summary>
    public UtpFailure Failure { get; private set; }

    /// <summary>Bytes that can be read.</summary>
    public int Available => _in.Available;

    /// <summary>Whether the other side has ended its stream, and all of it has been read.</summary>
    public bool HasEnded => _in is { HasEnd: true, Available: 0 };

    /// <summary>Bytes that can be written now.</summary>
    public int Room => State == UtpState.Closed || _isDetached ? 0 : Math.Max(0, SendBuffer - _out.Bytes);

    /// <summary>Whether an acknowledgement is due, which <see cref="Flush"/> sends.</summary>
    public bool MustAcknowledge => _mustAck;

    /// <summary>The most bytes in flight.</summary>
    public int Window => _congestion.Bytes;

    /// <summary>Bytes in flight.</summary>
    public int InFlight => _out.InFlight;

    /// <summary>The round-trip time, microseconds; 0 if unknown.</summary>
    public long RoundTrip => _roundTrip.Smoothed;

    /// <summary>Bytes of the packets that the path carries, including uTP headers.</summary>
    public int PacketSize => _mtu.Size;

    /// <summary>The number of retransmitted packets.</summary>
    public int Retransmissions { get; private set; }

    /// <summary>The latest time for the next call of <see cref="Tick"/>, microseconds.</summary>
    public long NextTick
    {
        get
        {
            if (State == UtpState.Closed)
                return long.MaxValue;
            long next = Math.Min(Math.Min(_retransmitAt, _probeAt), Math.Min(_ackAt, _lingerAt));
            return State == UtpState.Connecting ? next : Math.Min(next, _lastSent + KeepAlive);
        }
    }

    private int Payload => _mtu.Size - UtpHeader.Length;

    private int SendBuffer => _pool.IsScarce ? LeastSendBuffer : Math.Clamp(2 * _congestion.Bytes, LeastSendBuffer, CongestionWindow.Most);

    /// <summary>Requests a connection.</summary>
    /// <param name="link">Sends the packets.</param>
    /// <param name="pool">Provides packets.</param>
    /// <param name="isIPv6">Whether IPv6 carries them.</param>
    /// <param name="receiveId">A random unused id.</param>
    /// <param name="sequenceNumber">A random number.</param>
    /// <param name="now">The time; microseconds.</param>
    public static UtpConnection Connect(IUtpLink link, UtpPacketPool pool, bool isIPv6, ushort receiveId, ushort sequenceNumber, long now)
    {
        var connection = new UtpConnection(
            link, pool, isIPv6, receiveId, SequenceNumber.Add(receiveId, 1), SequenceNumber.Add(sequenceNumber, 1), 0, now) { State = UtpState.Connecting };
        connection.SendSyn(now);
        return connection;
    }

    /// <summary>Accepts a connection, with the first packet after the SYN.</summary>
    /// <param name="link">Sends the packets.</param>
    /// <param name="pool">Provides packets.</param>
    /// <param name="isIPv6">Whether IPv6 carries them.</param>
    /// <param name="first">The packet's header; <see cref="Receive"/> takes the packet.</param>
    /// <param name="sequenceNumber">The number of our first packet, from <see cref="SynCookies"/>.</param>
    /// <param name="now">The time; microseconds.</param>
    public static UtpConnection Accept(IUtpLink link, UtpPacketPool pool, bool isIPv6, in UtpHeader first, ushort sequenceNumber, long now) =>
        new(link, pool, isIPv6, first.ConnectionId, SequenceNumber.Add(first.ConnectionId, -1), sequenceNumber,
            SequenceNumber.Add(first.SequenceNumber, -1), now);

    /// <summary>Handles a packet. Nothing is sent before <see cref="Flush"/>.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="selectiveAck">Its selective acknowledgement, or nothing.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="now">The time; microseconds.</param>
    /// <param name="destination">Receives the next bytes of the stream directly; may be empty.</param>
    /// <returns>The bytes written there.</returns>
    public int Receive(in UtpHeader header, ReadOnlySpan<byte> selectiveAck, ReadOnlySpan<byte> payload, long now, Span<byte> destination)
    {
        if (State == UtpState.Closed || header.Type == UtpPacketType.Syn)
            return 0;
        if (State == UtpState.Connecting)
        {
            ReceiveAnswer(header, now);
            return 0;
        }

        int acked = SequenceNumber.Distance(SequenceNumber.Add(_out.First, -1), header.AcknowledgementNumber);
        if (header.Type == UtpPacketType.Reset)
        {
            if (acked >= 0 && acked <= _out.Sent + 1)
                Fail(UtpFailure.Reset);
            return 0;
        }

        int ahead = SequenceNumber.Distance(_in.Last, header.SequenceNumber);
        int mostAhead = header.Type == UtpPacketType.State ? PacketRing.Most : UtpReceiveQueue.MostAhead;
        if (acked > _out.Sent || acked < -MostBehind || ahead > mostAhead || ahead < -MostBehind)
            return 0;
        _wasHeard = true;
        MeasureDelays(header, now);
        if (acked >= 0)
            TakeAcknowledgement(header, acked, selectiveAck, payload.Length, now);
        return header.Type == UtpPacketType.State || State == UtpState.Closed ? 0 : TakePayload(header, payload, destination);
    }

    /// <summary>Reads received data.</summary>
    /// <returns>The bytes read.</returns>
    public int Read(Span<byte> destination)
    {
        int count = _in.Read(destination);
        // The other side has stopped for lack of room, or soon would.
        if (count > 0 && _lastWindow < _in.Capacity / 4 && _in.Window >= _in.Capacity / 2)
            _mustAck = true;
        return count;
    }

    /// <summary>Writes data, which <see cref="Flush"/> sends.</summary>
    /// <returns>The bytes accepted, as far as there is room.</returns>
    public int Write(ReadOnlySpan<byte> bytes) => _out.Append(bytes[..Math.Min(bytes.Length, Room)], Payload);

    /// <summary>Sends lost packets, new ones, and due acknowledgements, as far as allowed.</summary>
    public void Flush(long now)
    {
        if (State != UtpState.Connected)
            return;
        if (_out.Sent == 0 && _out.HasUnsent && now - _lastSent > _roundTrip.Timeout(0))
            _congestion.Idle();
        if (SendLost(now) && SendNew(now))
            SendAcknowledgement(now);
        // Both streams have ended. If the other side has not noticed, it will be told that the connection is gone.
        if (_isDetached && _isFinAcked && _in.HasEnd && !_mustAck)
            Fail(UtpFailure.None);
        // If nothing in flight would be answered, the other side's window is probed.
        _probeAt = _out.Sent > 0 || !_out.HasUnsent ? long.MaxValue : Math.Min(_probeAt, now + _roundTrip.Timeout(1));
    }

    /// <summary>Requests an acknowledgement now, rather than with the next data.</summary>
    public void Acknowledge() => _mustAck |= _unacknowledged > 0;

    /// <summary>Does the work that is due: retransmits, probes a window, keeps the connection alive.</summary>
    public void Tick(long now)
    {
        if (State == UtpState.Closed)
            return;
        if (now >= _lingerAt)
        {
            Abort(now);
            return;
        }

        if (now >= _ackAt || now - _lastSent >= KeepAlive)
            _mustAck = true;
        if (now >= _retransmitAt)
            TimeOut(now);
        if (State == UtpState.Connected && now >= _probeAt && _out is { Sent: 0, HasUnsent: true })
            Send(_out.Unsent, now);
        Flush(now);
    }

    /// <summary>
    /// Closes the connection: written data is delivered as long as the other side accepts it; received data is discarded.
    /// </summary>
    public void Close(long now)
    {
        if (State == UtpState.Closed || _isDetached)
            return;
        if (State == UtpState.Connecting)
        {
            Fail(UtpFailure.None);
            return;
        }

        _isDetached = true;
        _in.Discard();
        _lingerAt = now + (_out.Bytes > 0 ? Linger : FinLinger);
        _out.AppendFin();
        Flush(now);
    }

    /// <summary>Aborts the connection.</summary>
    public void Abort(long now)
    {
        if (State == UtpState.Connected)
            SendControl(UtpPacketType.Reset, now);
        Fail(UtpFailure.None);
    }

    private void ReceiveAnswer(in UtpHeader header, long now)
    {
        if (header.AcknowledgementNumber != SequenceNumber.Add(_out.First, -1))
            return;
        if (header.Type == UtpPacketType.Reset)
        {
            Fail(UtpFailure.Reset);
            return;
        }

        // The answer has the number of the next packet.
        if (header.Type != UtpPacketType.State)
            return;
        _in = new UtpReceiveQueue(_pool, SequenceNumber.Add(header.SequenceNumber, -1));
        if (_failures == 0)
            _roundTrip.Add(now - _lastSent);
        (State, _failures, _retransmitAt, _wasHeard) = (UtpState.Connected, 0, long.MaxValue, true);
        MeasureDelays(header, now);
        _peerWindow = (int)Math.Min(header.WindowSize, CongestionWindow.Most);
    }

    /// <summary>
    /// The queuing delay of sent packets above the minimum of the last minutes, microseconds. Null if nothing is in flight.
    /// </summary>
    public long? SendDelay => _out.Bytes == 0 ? null : _ourDelays.HasBase ? _ourDelays.Current : 0;

    /// <summary>
    /// The queuing delay of received packets above the minimum of the last minutes, microseconds. 0 if unknown.
    /// </summary>
    public long ReceiveDelay => _theirDelays.HasBase ? _theirDelays.Current : 0;

    private void MeasureDelays(in UtpHeader header, long now)
    {
        _replyDelay = unchecked((uint)now - header.Timestamp);
        uint before = _theirDelays.Base;
        bool had = _theirDelays.HasBase;
        _theirDelays.Add(_replyDelay, now);
        // Their packets seem to be faster than ever before: the clocks drift apart, and ours seems to be slower by this much.
        uint drift = unchecked(before - _theirDelays.Base);
        if (had && drift is > 0 and <= MostDrift)
            _ourDelays.Shift(drift);
        if (header.TimestampDifference != 0)
            _ourDelays.Add(header.TimestampDifference, now);
    }

    private void TakeAcknowledgement(in UtpHeader header, int acked, ReadOnlySpan<byte> selectiveAck, int payload, long now)
    {
        int inFlight = _out.InFlight, bytes = 0;
        long roundTrip = long.MaxValue;
        for (ushort number = _out.First; acked > 0; number++, acked--)
            bytes += Take(number, now, ref roundTrip);
        ushort firstOfBits = SequenceNumber.Add(header.AcknowledgementNumber, 2);
        for (int i = 0; i < selectiveAck.Length * 8; i++)
        {
            if (selectiveAck[i / 8] == 0)
                i |= 7;
            else if ((selectiveAck[i / 8] & (1 << (i % 8))) != 0 && IsSent(SequenceNumber.Add(firstOfBits, i)))
                bytes += Take(SequenceNumber.Add(firstOfBits, i), now, ref roundTrip);
        }

        if (SequenceNumber.Distance(_recoveryEnd, _out.First) > 0)
            _recoveryEnd = _out.First;
        if (_hasSmall && SequenceNumber.Distance(_lastSmall, _out.First) > 0)
            _hasSmall = false;
        int window = (int)Math.Min(header.WindowSize, CongestionWindow.Most);
        bool hasGrown = window != _peerWindow;
        _peerWindow = window;
        if (roundTrip != long.MaxValue)
            _roundTrip.Add(roundTrip);

        if (bytes > 0 || _isFinAcked)
        {
            (_failures, _duplicates) = (0, 0);
            _retransmitAt = _out.Sent > 0 ? now + _roundTrip.Timeout(0) : long.MaxValue;
            _congestion.Acknowledged(bytes, inFlight, _ourDelays.HasBase ? Math.Min(_ourDelays.Current, roundTrip) : null);
        }
        else if (header.Type == UtpPacketType.State && payload == 0 && selectiveAck.Length == 0 && !hasGrown && _out.Sent > 0
            && header.AcknowledgementNumber == SequenceNumber.Add(_out.First, -1) && ++_duplicates == DuplicatesOfLoss)
        {
            MarkLost(_out.First, now);
        }

        if (selectiveAck.Length > 0)
            FindLost(header.AcknowledgementNumber, selectiveAck, now);
    }

    private bool IsSent(ushort number) => SequenceNumber.Distance(_out.First, number) is >= 0 and int distance && distance < _out.Sent;

    private int Take(ushort number, long now, ref long roundTrip)
    {
        if (_out.Take(number) is not { } packet)
            return 0;
        int bytes = packet.Length;
        _latestAcked = Math.Max(_latestAcked, packet.SentAt);
        // For a packet that was sent twice it is unknown which copy has arrived.
        if (packet.Transmissions == 1)
        {
            roundTrip = Math.Min(roundTrip, Math.Max(1, now - packet.SentAt));
            if (packet.ProbeSize > 0)
            {
                _mtu.Arrived(packet.ProbeSize);
                _congestion.Packet = Payload;
            }
        }

        _isFinAcked |= packet.IsFin;
        _pool.Return(packet);
        return bytes;
    }

    /// <summary>Marks packets as lost that three later ones have overtaken.</summary>
    private void FindLost(ushort acknowledged, ReadOnlySpan<byte> selectiveAck, long now)
    {
        int overtaking = 0;
        for (int i = selectiveAck.Length * 8 - 1; i >= -1; i--)
        {
            ushort number = SequenceNumber.Add(acknowledged, 2 + i);
            bool hasCome = i >= 0 && (selectiveAck[i / 8] & (1 << (i % 8))) != 0;
            if (!IsSent(number))
            {
                // A packet that was never sent cannot overtake.
                if (hasCome && SequenceNumber.Distance(_out.First, number) < 0)
                    overtaking++;
            }
            else if (hasCome)
            {
                overtaking++;
            }
            else if (overtaking >= DuplicatesOfLoss)
            {
                MarkLost(number, now);
            }
        }
    }

    private void MarkLost(ushort number, long now)
    {
        if (_out[number] is not { IsLost: false } packet
            || (packet.Transmissions > 1 && packet.SentAt + (_roundTrip.Smoothed / 4) >= _latestAcked))
            return;
        _out.MarkLost(packet);
        if (packet is { ProbeSize: > 0, Transmissions: 1 })
        {
            _mtu.Lost(packet.ProbeSize, now);
        }
        else if (SequenceNumber.Distance(_recoveryEnd, number) >= 0)
        {
            _recoveryEnd = _out.Unsent;
            _congestion.Lost();
        }
    }

    private int TakePayload(in UtpHeader header, ReadOnlySpan<byte> payload, Span<byte> destination)
    {
        Span<byte> rest = destination;
        if (_in.TryTake(header.SequenceNumber, header.Type == UtpPacketType.Fin, payload, ref rest))
        {
            _unacknowledged++;
            // The sender of a short packet has no more data, and may be waiting for the answer.
            _mustAck |= _unacknowledged >= PacketsOfAck || _in.HasGap || _in.HasEnd || payload.Length < Payload;
        }
        else
        {
            _mustAck = true;
        }

        return destination.Length - rest.Length;
    }

    private void TimeOut(long now)
    {
        if (State == UtpState.Connecting)
        {
            if (++_failures >= MostSyns)
                Fail(UtpFailure.TimedOut);
            else
                SendSyn(now);
            return;
        }

        if (_out.Sent == 0)
        {
            _retransmitAt = long.MaxValue;
            return;
        }

        bool isProbe = _out.Sent == 1 && _out[_out.First] is { ProbeSize: > 0, Transmissions: 1 };
        if (!isProbe)
        {
            // As long as the other side reports that it has no room, it is alive.
            bool isFull = _wasHeard && _peerWindow < _out[_out.First]?.Length;
            if (++_failures > MostTries && !isFull)
            {
                Fail(UtpFailure.TimedOut);
                return;
            }

            _failures = Math.Min(_failures, isFull ? MostFullFailures : MostTries);
            _congestion.TimedOut();
            if (_failures == MostTries / 2 && !isFull)
            {
                _mtu.Distrust(now);
                _congestion.Packet = Payload;
            }
        }

        _wasHeard = false;
        for (ushort number = _out.First; number != _out.Unsent; number++)
        {
            if (_out[number] is not { IsLost: false } packet)
                continue;
            _out.MarkLost(packet);
            if (packet is { ProbeSize: > 0, Transmissions: 1 })
                _mtu.Lost(packet.ProbeSize, now);
        }

        (_recoveryEnd, _duplicates) = (_out.Unsent, 0);
        _retransmitAt = now + _roundTrip.Timeout(_failures);
    }

    private bool SendLost(long now)
    {
        for (ushort number = _out.First; _out.Lost > 0 && number != _out.Unsent; number++)
        {
            if (_out[number] is not { IsLost: true } packet)
                continue;
            // The first one is sent even if the window has become small: everything else waits for it.
            if (number != _out.First && !HasRoomFor(packet))
                return true;
            if (!Send(number, now))
                return false;
            Retransmissions++;
        }

        return true;
    }

    private bool SendNew(long now)
    {
        while (_out.HasUnsent && _out.Sent < MostSent && _out[_out.Unsent] is { } packet && HasRoomFor(packet) && !IsHeldBack(packet))
        {
            if (!Send(_out.Unsent, now))
                return false;
        }

        return true;
    }

    private bool HasRoomFor(UtpPacket packet) =>
        _out.InFlight + packet.Length <= Math.Min(_congestion.Bytes, _peerWindow) || (_out.InFlight == 0 && packet.Length <= _peerWindow);

    /// <summary>Whether a short packet waits for more data, because another short one is in flight (Minshall).</summary>
    private bool IsHeldBack(UtpPacket packet) => _hasSmall && !_isDetached && IsShort(packet) && SequenceNumber.Add(_out.Unsent, 1) == _out.Next;

    private static bool IsShort(UtpPacket packet) => packet.Length < packet.Capacity && !packet.IsFin;

    private bool Send(ushort number, long now)
    {
        UtpPacket packet = _out[number]!;
        if (packet.Transmissions == 0 && _congestion.Bytes >= 2 * Payload && !IsShort(packet) && !packet.IsFin)
            packet.ProbeSize = _mtu.TakeProbe(now);
        bool isProbe = packet is { ProbeSize: > 0, Transmissions: 0 };
        var header = MakeHeader(packet.IsFin ? UtpPacketType.Fin : UtpPacketType.Data, number, now);
        if (!(isProbe ? SendProbe(packet, header) : SendPacket(packet, header)))
        {
            if (isProbe)
                _mtu.ReturnProbe();
            packet.ProbeSize = packet.Transmissions == 0 ? 0 : packet.ProbeSize;
            return false;
        }

        if (packet.Transmissions == 0 && IsShort(packet))
            (_hasSmall, _lastSmall) = (true, number);
        _out.MarkSent(packet, now);
        if (_retransmitAt == long.MaxValue)
            _retransmitAt = now + _roundTrip.Timeout(_failures);
        MarkAcknowledged(now, header, isComplete: !_in.HasGap);
        return true;
    }

    private bool SendPacket(UtpPacket packet, in UtpHeader header)
    {
        Span<byte> bytes = packet.Buffer.AsSpan(0, UtpHeader.Length + packet.Length);
        header.Write(bytes);
        return _link.TrySend(bytes);
    }

    private bool SendProbe(UtpPacket packet, in UtpHeader header)
    {
        Span<byte> bytes = stackalloc byte[packet.ProbeSize];
        header.Write(bytes, UtpHeader.Padding);
        UtpHeader.WritePadding(bytes[UtpHeader.Length..^packet.Length]);
        packet.Payload.CopyTo(bytes[^packet.Length..]);
        return _link.TrySend(bytes, isWhole: true);
    }

    private void SendSyn(long now)
    {
        Span<byte> bytes = stackalloc byte[UtpHeader.Length];
        new UtpHeader(
            UtpPacketType.Syn, ReceiveId, unchecked((uint)now), 0, (uint)_in.Window, SequenceNumber.Add(_out.First, -1), 0).Write(bytes);
        _link.TrySend(bytes);
        _lastSent = now;
        _retransmitAt = now + _roundTrip.Timeout(_failures);
    }

    private void SendAcknowledgement(long now)
    {
        if (!_mustAck)
        {
            if (_unacknowledged > 0 && _ackAt == long.MaxValue)
                _ackAt = now + AckDelay;
            return;
        }

        SendControl(UtpPacketType.State, now);
    }

    private void SendControl(UtpPacketType type, long now)
    {
        Span<byte> bytes = stackalloc byte[UtpHeader.Length + UtpHeader.ExtensionHead + MostSelectiveAck];
        int bits = type == UtpPacketType.State ? _in.WriteSelectiveAck(bytes[(UtpHeader.Length + UtpHeader.ExtensionHead)..]) : 0;
        UtpHeader header = MakeHeader(type, _out.Unsent, now);
        header.Write(bytes, bits > 0 ? UtpHeader.SelectiveAck : UtpHeader.NoExtension);
        (bytes[UtpHeader.Length], bytes[UtpHeader.Length + 1]) = (UtpHeader.NoExtension, (byte)bits);
        if (_link.TrySend(bytes[..(bits > 0 ? UtpHeader.Length + UtpHeader.ExtensionHead + bits : UtpHeader.Length)]))
            MarkAcknowledged(now, header, isComplete: true);
    }

    private UtpHeader MakeHeader(UtpPacketType type, ushort number, long now) =>
        new(type, SendId, unchecked((uint)now), _replyDelay, (uint)(_isDetached ? UtpReceiveQueue.MostBytes : _in.Window), number, _in.Last);

    private void MarkAcknowledged(long now, in UtpHeader header, bool isComplete)
    {
        _lastSent = now;
        _lastWindow = (int)header.WindowSize;
        if (!isComplete)
            return;
        (_mustAck, _unacknowledged, _ackAt) = (false, 0, long.MaxValue);
    }

    private void Fail(UtpFailure failure)
    {
        (State, Failure) = (UtpState.Closed, failure);
        _out.Clear();
        _in.Discard();
    }
}
