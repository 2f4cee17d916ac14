using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TorrentPatron.Protocol.Utp;

namespace TorrentPatron.Engine.Network;

/// <summary>uTP (BEP 29) on a shared port: all connections of an engine. Thread-safe.</summary>
internal sealed class UtpTransport : IDatagramHandler, IDisposable
{
    /// <summary>The most connections, including closing ones.</summary>
    private const int MostStreams = 4_096;

    /// <summary>The most resets sent per second in answer to packets of unknown connections.</summary>
    private const int MostResets = 100;

    private const long Second = 1_000_000;

    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly SynCookies _cookies = new(RandomNumberGenerator.GetBytes(32));
    private readonly Lock _gate = new();
    private readonly Dictionary<(IPEndPoint Remote, ushort Id), UtpStream> _streams = [];
    private readonly List<UtpStream>[] _touched = [[], []];
    private readonly List<UtpStream>[] _stalled = [[], []];
    private readonly UtpStream?[] _latest = new UtpStream?[2];
    private long _resetsUntil;
    private int _resets;
    private bool _isDisposed;

    /// <summary>Creates the transport, which is then attached to the port.</summary>
    /// <param name="port">The port.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Generates ids.</param>
    public UtpTransport(IDatagramPort port, TimeProvider time, Random random)
    {
        (Port, _time, _random) = (port, time, random);
        Timers = new UtpTimers(this, time);
    }

    /// <summary>Takes incoming connections; null refuses them.</summary>
    public Action<IConnection>? Accepted { get; set; }

    /// <summary>
    /// Returns whether incoming connections are accepted now. Otherwise they are refused at once, so that a peer that dials with
    /// uTP first continues with TCP.
    /// </summary>
    public Func<bool> MayAccept { get; init; } = static () => true;

    /// <summary>The port.</summary>
    public IDatagramPort Port { get; }

    /// <summary>The memory of all packets.</summary>
    public UtpPacketPool Packets { get; } = new();

    /// <summary>Schedules the connections' work.</summary>
    public UtpTimers Timers { get; }

    /// <summary>The time; microseconds.</summary>
    public long Now => _time.GetElapsedTime(0).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The number of connections, including closing ones.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _streams.Count;
        }
    }

    /// <summary>Whether an address can be dialled.</summary>
    public bool Has(IPEndPoint remote) => Port.Has(remote.AddressFamily);

    /// <summary>Dials a peer.</summary>
    /// <exception cref="IOException">It refuses or does not answer, or there is no UDP port of this IP version.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<IConnection> ConnectAsync(IPEndPoint remote, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        UtpStream stream = Begin(remote);
        await stream.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return stream;
    }

    /// <inheritdoc/>
    public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        if (!UtpHeader.IsUtp(datagram.Span))
            return false;
        if (!UtpHeader.TryRead(datagram.Span, out UtpHeader header, out ReadOnlySpan<byte> selectiveAck, out ReadOnlySpan<byte> payload))
            return true;
        long now = Now;
        if (header.Type == UtpPacketType.Syn)
        {
            AnswerSyn(header, remote, now);
            return true;
        }

        int family = IndexOf(remote.AddressFamily);
        UtpStream? latest = _latest[family];
        UtpStream? stream = latest is { IsClosed: false } && latest.ReceiveId == header.ConnectionId && latest.RemoteEndPoint.Equals(remote)
            ? latest
            : _latest[family] = Find(header, remote) ?? TryAccept(header, remote, now);
        if (stream is null)
        {
            if (header.Type != UtpPacketType.Reset)
                SendReset(header, remote, header.ConnectionId, now);
            return true;
        }

        stream.Receive(header, selectiveAck, payload, now);
        List<UtpStream> touched = _touched[family];
        lock (touched)
        {
            if (!stream.IsTouched)
                touched.Add(stream);
            stream.IsTouched = true;
        }

        return true;
    }

    /// <inheritdoc/>
    public void EndBatch(AddressFamily family)
    {
        List<UtpStream> touched = _touched[IndexOf(family)];
        lock (touched)
        {
            foreach (UtpStream stream in CollectionsMarshal.AsSpan(touched))
            {
                stream.IsTouched = false;
                stream.EndBatch(Now);
            }

            touched.Clear();
        }
    }

    /// <inheritdoc/>
    public void RoomAgain(AddressFamily family)
    {
        UtpStream[] waiting;
        lock (_gate)
        {
            List<UtpStream> stalled = _stalled[IndexOf(family)];
            waiting = [.. stalled];
            stalled.Clear();
        }

        foreach (UtpStream stream in waiting)
            stream.RoomAgain();
    }

    /// <summary>Records that a connection waits for room for its packets.</summary>
    public void AddStalled(UtpStream stream)
    {
        lock (_gate)
            _stalled[IndexOf(stream.RemoteEndPoint.AddressFamily)].Add(stream);
    }

    /// <summary>Removes a connection that has ended.</summary>
    public void Remove(UtpStream stream)
    {
        bool isLast;
        lock (_gate)
        {
            if (_streams.TryGetValue((stream.RemoteEndPoint, stream.ReceiveId), out UtpStream? known) && known == stream)
                _streams.Remove((stream.RemoteEndPoint, stream.ReceiveId));
            isLast = _streams.Count == 0;
        }

        Interlocked.CompareExchange(ref _latest[IndexOf(stream.RemoteEndPoint.AddressFamily)], null, stream);
        if (isLast)
            Packets.Trim();
    }

    /// <summary>
    /// Aborts all connections, including closing ones, because datagrams use a different route now, on which none may continue.
    /// </summary>
    public void Drop()
    {
        UtpStream[] streams;
        lock (_gate)
            streams = [.. _streams.Values];
        foreach (UtpStream stream in streams)
            stream.Dispose(isAborted: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
            _isDisposed = true;
        Accepted = null;
        Drop();
        Timers.Dispose();
    }

    private static int IndexOf(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? 1 : 0;

    private UtpStream Begin(IPEndPoint remote)
    {
        if (!Has(remote))
            throw new IOException("There is no UDP port of this IP version.");
        using DatagramGathering gathering = Port.Gather();
        lock (_gate)
        {
            if (_isDisposed || _streams.Count >= MostStreams)
                throw new IOException("There are too many uTP connections.");
            ushort id;
            do
                id = (ushort)_random.Next(ushort.MaxValue + 1);
            while (_streams.ContainsKey((remote, id)));
            var stream = new UtpStream(this, remote, id, (ushort)_random.Next(ushort.MaxValue + 1));
            _streams.Add((remote, id), stream);
            return stream;
        }
    }

    private UtpStream? Find(in UtpHeader header, IPEndPoint remote)
    {
        lock (_gate)
        {
            if (_streams.TryGetValue((remote, header.ConnectionId), out UtpStream? stream))
                return stream;
            // A peer that no longer knows a connection has only the id that we send.
            if (header.Type != UtpPacketType.Reset)
                return null;
            return _streams.TryGetValue((remote, SequenceNumber.Add(header.ConnectionId, -1)), out stream) && stream.SendId == header.ConnectionId
                || _streams.TryGetValue((remote, SequenceNumber.Add(header.ConnectionId, 1)), out stream) && stream.SendId == header.ConnectionId
                ? stream
                : null;
        }
    }

    /// <summary>Accepts a connection whose SYN was answered without keeping state.</summary>
    private UtpStream? TryAccept(in UtpHeader header, IPEndPoint remote, long now)
    {
        if (Accepted is not { } accepted || header.Type != UtpPacketType.Data || _cookies.Find(remote, header, now) is not { } number)
            return null;
        UtpStream stream;
        lock (_gate)
        {
            if (_isDisposed || _streams.Count >= MostStreams)
                return null;
            stream = new UtpStream(this, remote, header, number);
            _streams.Add((remote, header.ConnectionId), stream);
        }

        // On another thread: the callback may compute, and all packets wait here.
        ThreadPool.UnsafeQueueUserWorkItem(static pair => pair.accepted(pair.stream), (accepted, stream), preferLocal: false);
        return stream;
    }

    private void AnswerSyn(in UtpHeader header, IPEndPoint remote, long now)
    {
        ushort id = SequenceNumber.Add(header.ConnectionId, 1);
        if (Accepted is null || !MayAccept())
        {
            SendReset(header, remote, header.ConnectionId, now);
            return;
        }

        lock (_gate)
        {
            if (_streams.ContainsKey((remote, id)))
                return;
        }

        Send(remote, new UtpHeader(
            UtpPacketType.State, header.ConnectionId, unchecked((uint)now), unchecked((uint)now - header.Timestamp), UtpReceiveQueue.MostBytes,
            _cookies.Make(remote, header.ConnectionId, header.SequenceNumber, now), header.SequenceNumber));
    }

    private void SendReset(in UtpHeader header, IPEndPoint remote, ushort id, long now)
    {
        lock (_gate)
        {
            if (now >= _resetsUntil)
                (_resetsUntil, _resets) = (now + Second, 0);
            if (++_resets > MostResets)
                return;
        }

        Send(remote, new UtpHeader(
            UtpPacketType.Reset, id, unchecked((uint)now), unchecked((uint)now - header.Timestamp), 0, (ushort)_random.Next(ushort.MaxValue + 1),
            header.SequenceNumber));
    }

    private void Send(IPEndPoint remote, in UtpHeader header)
    {
        Span<byte> packet = stackalloc byte[UtpHeader.Length];
        header.Write(packet);
        Port.Send(packet, remote);
    }
}
