using TorrentPatron.Protocol.Utp;

namespace TorrentPatron.Protocol.Tests.Utp;

/// <summary>One end of a connection over a simulated path: writes its data as there is room, and reads what arrives.</summary>
internal sealed class UtpEnd(SimulatedClock clock, SimulatedPath path, UtpPacketPool pool) : IUtpLink
{
    private static readonly System.Net.IPEndPoint Remote = new(System.Net.IPAddress.Loopback, 7);

    private readonly SynCookies _cookies = new(new byte[16]);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private byte[] _toWrite = [];
    private int _written;
    private long _tickAt = long.MaxValue;

    public UtpEnd Other { get; set; } = null!;

    public UtpConnection? Connection { get; set; }

    public List<byte> Received { get; } = [];

    /// <summary>Bytes received, including those not kept.</summary>
    public long Count { get; private set; }

    public bool IsKept { get; set; } = true;

    /// <summary>Whether it reads received data.</summary>
    public bool IsReading { get; set; } = true;

    /// <summary>Whether it writes endlessly.</summary>
    public bool IsEndless { get; set; }

    /// <summary>The offset of this end's clock.</summary>
    public Func<long, long> Skew { get; set; } = static now => now;

    public bool IsWritten => _written == _toWrite.Length;

    /// <summary>Called with each sent packet.</summary>
    public Action<byte[]>? Watch { get; set; }

    public bool TrySend(ReadOnlySpan<byte> packet, bool isWhole = false)
    {
        Watch?.Invoke(packet.ToArray());
        path.Send(packet, bytes => Other.Deliver(bytes));
        return true;
    }

    public void Connect(ushort id = 7_000, ushort number = 65_500)
    {
        Connection = UtpConnection.Connect(this, pool, isIPv6: false, id, number, Time);
        Go();
    }

    public void Write(byte[] bytes)
    {
        (_toWrite, _written) = (bytes, 0);
        Go();
    }

    public void Close()
    {
        Connection!.Close(Time);
        Arm();
    }

    private long Time => Skew(clock.Now);

    /// <summary>Delivers a packet, from the other end or from an impostor.</summary>
    public void Deliver(byte[] packet)
    {
        if (!UtpHeader.TryRead(packet, out UtpHeader header, out ReadOnlySpan<byte> bits, out ReadOnlySpan<byte> payload))
            return;
        if (Connection is null)
        {
            if (header.Type == UtpPacketType.Syn)
                AnswerSyn(header);
            else
                Accept(header);
        }

        if (Connection is null)
            return;
        int direct = Connection.Receive(header, bits, payload, Time, IsReading ? _buffer : default);
        Take(_buffer.AsSpan(0, direct));
        Go();
    }

    /// <summary>Runs it: reads, writes and sends.</summary>
    public void Go()
    {
        if (Connection is null)
            return;
        while (IsReading && Connection.Read(_buffer) is > 0 and int count)
            Take(_buffer.AsSpan(0, count));
        if (IsEndless)
        {
            while (Connection.Room > 0)
                Connection.Write(_buffer);
        }

        _written += Connection.Write(_toWrite.AsSpan(_written));
        Connection.Flush(Time);
        Arm();
    }

    private void Accept(UtpHeader first)
    {
        if (first.Type == UtpPacketType.Data && _cookies.Find(Remote, first, Time) is { } number)
            Connection = UtpConnection.Accept(this, pool, isIPv6: false, first, number, Time);
    }

    private void AnswerSyn(UtpHeader syn)
    {
        byte[] answer = new byte[UtpHeader.Length];
        new UtpHeader(UtpPacketType.State, syn.ConnectionId, (uint)Time, (uint)Time - syn.Timestamp, 1 << 20,
            _cookies.Make(Remote, syn.ConnectionId, syn.SequenceNumber, Time), syn.SequenceNumber).Write(answer);
        TrySend(answer);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        Count += bytes.Length;
        if (IsKept)
            Received.AddRange(bytes);
    }

    private void Arm()
    {
        long error = Time - clock.Now;
        long next = Connection!.NextTick;
        if (next == long.MaxValue || next - error >= _tickAt)
            return;
        _tickAt = Math.Max(next - error, clock.Now + 1);
        long at = _tickAt;
        clock.At(at, () =>
        {
            if (_tickAt != at)
                return;
            _tickAt = long.MaxValue;
            Connection.Tick(Time);
            Go();
        });
    }
}
