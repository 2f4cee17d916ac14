using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Utp;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// A uTP connection as a stream. No task waits for it: pending receives and sends are completed when they can continue.
/// </summary>
internal sealed class UtpStream : IConnection, IUtpLink, IValueTaskSource<int>, IValueTaskSource
{
    /// <summary>The bytes of a packet's headers: uTP, UDP and IPv4.</summary>
    private const int Headers = UtpHeader.Length + 8 + 20;

    private readonly UtpTransport _transport;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource? _connected;
    private readonly UtpConnection _connection;
    private ManualResetValueTaskSourceCore<int> _receiving = new() { RunContinuationsAsynchronously = true };
    private ManualResetValueTaskSourceCore<bool> _sending = new() { RunContinuationsAsynchronously = true };
    private Memory<byte> _destination;
    private ReadOnlyMemory<byte> _rest;
    private int _received;
    private int _threshold = 1;
    private bool _isReceiving;
    private bool _isSending;
    private bool _isStalled;
    private bool _hasWritten;
    private bool _isDisposed;

    /// <summary>Dials.</summary>
    public UtpStream(UtpTransport transport, IPEndPoint remote, ushort receiveId, ushort sequenceNumber)
    {
        (_transport, RemoteEndPoint) = (transport, remote);
        _connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _connection = UtpConnection.Connect(
            this, transport.Packets, remote.AddressFamily == AddressFamily.InterNetworkV6, receiveId, sequenceNumber, transport.Now);
    }

    /// <summary>Accepts.</summary>
    public UtpStream(UtpTransport transport, IPEndPoint remote, in UtpHeader first, ushort sequenceNumber)
    {
        (_transport, RemoteEndPoint) = (transport, remote);
        _connection = UtpConnection.Accept(
            this, transport.Packets, remote.AddressFamily == AddressFamily.InterNetworkV6, first, sequenceNumber, transport.Now);
    }

    /// <inheritdoc/>
    public IPEndPoint RemoteEndPoint { get; }

    /// <inheritdoc/>
    public PeerTransport Transport => PeerTransport.Utp;

    /// <inheritdoc/>
    public TimeSpan? SendDelay
    {
        get
        {
            lock (_gate)
                return _connection.SendDelay is { } delay ? TimeSpan.FromMicroseconds(delay) : null;
        }
    }

    /// <inheritdoc/>
    public TimeSpan ReceiveDelay
    {
        get
        {
            lock (_gate)
                return TimeSpan.FromMicroseconds(_connection.ReceiveDelay);
        }
    }

    /// <summary>The connection id in received packets.</summary>
    public ushort ReceiveId => _connection.ReceiveId;

    /// <summary>The connection id in sent packets.</summary>
    public ushort SendId => _connection.SendId;

    /// <summary>Its position in the wheel of <see cref="UtpTimers"/>, whose lock guards it; -1 means none.</summary>
    public long TimerSpan { get; set; } = -1;

    /// <summary>Whether it accepts no more packets.</summary>
    public bool IsClosed => _connection.State == UtpState.Closed;

    /// <summary>Whether the current batch contained packets for it; guarded by the list's lock.</summary>
    public bool IsTouched { get; set; }

    /// <inheritdoc/>
    public int Overhead(int bytes) => (int)((long)bytes * Headers / Math.Max(1, _connection.PacketSize - UtpHeader.Length));

    /// <summary>Completes when the other side has answered.</summary>
    /// <exception cref="IOException">The other side refused or did not answer.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _transport.Timers.Arm(this, _connection.NextTick, _transport.Now);
        using CancellationTokenRegistration abort = cancellationToken.UnsafeRegister(static stream => ((UtpStream)stream!).Dispose(), this);
        try
        {
            await _connected!.Task.ConfigureAwait(false);
        }
        catch (IOException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <summary>Handles a packet; <see cref="EndBatch"/> follows.</summary>
    public void Receive(in UtpHeader header, ReadOnlySpan<byte> selectiveAck, ReadOnlySpan<byte> payload, long now)
    {
        lock (_gate)
        {
            Span<byte> destination = _isReceiving ? _destination.Span[_received..] : default;
            _received += _connection.Receive(header, selectiveAck, payload, now, destination);
        }
    }

    /// <summary>Continues after the packets of a batch.</summary>
    public void EndBatch(long now)
    {
        lock (_gate)
            Proceed(now);
    }

    /// <summary>Does the work that is due.</summary>
    public void Tick()
    {
        lock (_gate)
        {
            long now = _transport.Now;
            _connection.Tick(now);
            Proceed(now);
        }
    }

    /// <summary>Called when there is room for packets again.</summary>
    public void RoomAgain()
    {
        lock (_gate)
        {
            _isStalled = false;
            Proceed(_transport.Now);
        }
    }

    /// <inheritdoc/>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int count;
        lock (_gate)
        {
            if (_isDisposed)
                return ValueTask.FromException<int>(Ended());
            count = _connection.Read(buffer.Span);
            if (count == 0 && !_connection.HasEnded)
            {
                if (_connection.State == UtpState.Closed)
                    return ValueTask.FromException<int>(Ended());
                _receiving.Reset();
                (_destination, _received, _isReceiving) = (buffer, 0, true);
                return new ValueTask<int>(this, _receiving.Version);
            }

            if (!_connection.MustAcknowledge)
                return new ValueTask<int>(count);
        }

        Flush();
        return new ValueTask<int>(count);
    }

    /// <inheritdoc/>
    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
        using DatagramGathering gathering = _transport.Port.Gather();
        lock (_gate)
        {
            if (_isDisposed || _connection.State == UtpState.Closed)
                return ValueTask.FromException(Ended());
            _hasWritten = true;
            int written = _connection.Write(buffer.Span);
            long now = _transport.Now;
            _connection.Flush(now);
            _transport.Timers.Arm(this, _connection.NextTick, now);
            if (written == buffer.Length)
                return ValueTask.CompletedTask;
            _sending.Reset();
            (_rest, _isSending) = (buffer[written..], true);
            return new ValueTask(this, _sending.Version);
        }
    }

    /// <inheritdoc/>
    public void Acknowledge()
    {
        lock (_gate)
        {
            _connection.Acknowledge();
            if (!_connection.MustAcknowledge)
                return;
        }

        Flush();
    }

    /// <inheritdoc/>
    public void SetReceiveThreshold(int bytes)
    {
        lock (_gate)
        {
            _threshold = bytes;
            CompleteReceive();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Dispose(isAborted: false);

    /// <summary>Ends the connection.</summary>
    /// <param name="isAborted">Whether to abort it instead of delivering pending data.</param>
    public void Dispose(bool isAborted)
    {
        using DatagramGathering gathering = _transport.Port.Gather();
        lock (_gate)
        {
            if (_isDisposed && !isAborted)
                return;
            _isDisposed = true;
            long now = _transport.Now;
            // If nothing was sent, the other side need not be told, and no state is kept.
            if (isAborted || !_hasWritten)
                _connection.Abort(now);
            else
                _connection.Close(now);
            Proceed(now);
        }
    }

    /// <inheritdoc/>
    bool IUtpLink.TrySend(ReadOnlySpan<byte> packet, bool isWhole)
    {
        if (_transport.Port.TrySend(packet, RemoteEndPoint, isWhole))
            return true;
        if (!_isStalled)
        {
            _isStalled = true;
            _transport.AddStalled(this);
        }

        return false;
    }

    int IValueTaskSource<int>.GetResult(short token) => _receiving.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _receiving.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _receiving.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _sending.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _sending.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _sending.OnCompleted(continuation, state, token, flags);

    private void Flush()
    {
        using DatagramGathering gathering = _transport.Port.Gather();
        lock (_gate)
            Proceed(_transport.Now);
    }

    /// <summary>Sends what may be sent, and completes pending operations. Called under the lock.</summary>
    private void Proceed(long now)
    {
        if (_isSending && _connection.Room > 0)
            _rest = _rest[_connection.Write(_rest.Span)..];
        _connection.Flush(now);
        bool isClosed = _isDisposed || _connection.State == UtpState.Closed;
        // First: code that learns of the end must find nothing left of it.
        if (_connection.State == UtpState.Closed)
            _transport.Remove(this);
        else
            _transport.Timers.Arm(this, _connection.NextTick, now);
        if (_isSending && (_rest.Length == 0 || isClosed))
        {
            bool isSent = _rest.Length == 0;
            (_isSending, _rest) = (false, default);
            if (isSent)
                _sending.SetResult(true);
            else
                _sending.SetException(Ended());
        }

        CompleteReceive();
        if (isClosed)
            _connected?.TrySetException(Ended());
        else if (_connection.State == UtpState.Connected)
            _connected?.TrySetResult();
    }

    private void CompleteReceive()
    {
        bool isClosed = _isDisposed || _connection.State == UtpState.Closed || _connection.HasEnded;
        if (!_isReceiving || !(isClosed || (_received > 0 && _received >= Math.Min(_threshold, _destination.Length))))
            return;
        (_isReceiving, _destination) = (false, default);
        if (_received > 0 || (_connection.HasEnded && !_isDisposed))
            _receiving.SetResult(_received);
        else
            _receiving.SetException(Ended());
    }

    private IOException Ended() => new(_connection.Failure switch
    {
        _ when _isDisposed => "The connection is closed.",
        UtpFailure.Reset => "The peer reset the connection.",
        UtpFailure.TimedOut => "The peer did not answer.",
        _ => "The connection is closed.",
    });
}
