using System.Buffers;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Sends to a peer: small messages, gathered until they are flushed, and after them the requested blocks, read in runs.
/// Thread-safe. The first thread that flushes does the sending, for as long as the socket accepts data.
/// </summary>
internal sealed class PeerSender : IDisposable
{
    /// <summary>The most bytes of small messages that may wait for a peer that does not read.</summary>
    private const int MostPending = 1 << 20;

    private readonly IConnection _connection;
    private readonly PeerLimits _limits;
    private readonly Action<Exception> _failed;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _filling = new();
    private ArrayBufferWriter<byte> _sending = new();
    private IBlockReader? _reader;
    private Action<int>? _payloadSent;
    private BlockRun? _run;
    private bool _isSending;
    private volatile bool _isClosed;

    /// <summary>Creates the sender, which sends nothing before <see cref="Flush"/>.</summary>
    /// <param name="connection">The stream.</param>
    /// <param name="limits">The peer's rate limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="failed">Called once, with the reason why nothing more can be sent; must not throw.</param>
    public PeerSender(IConnection connection, PeerLimits limits, TimeProvider time, Action<Exception> failed)
    {
        _connection = connection;
        _limits = limits;
        _failed = failed;
        _time = time;
        LastSent = time.GetTimestamp();
    }

    /// <summary>The peer's requests that are to be served.</summary>
    public UploadQueue Uploads { get; } = new();

    /// <summary>Bytes of small messages that wait to be sent.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _filling.WrittenCount;
        }
    }

    /// <summary>Whether a send is in progress, so that new bytes follow without a flush.</summary>
    public bool IsSending => Volatile.Read(ref _isSending);

    /// <summary>When something was last sent; timestamp of the clock.</summary>
    public long LastSent { get; private set; }

    /// <summary>Enables sending blocks; before this, none may be queued in <see cref="Uploads"/>.</summary>
    /// <param name="reader">Reads the blocks.</param>
    /// <param name="payloadSent">Called with the number of payload bytes sent.</param>
    public void Serve(IBlockReader reader, Action<int> payloadSent) => (_reader, _payloadSent) = (reader, payloadSent);

    /// <summary>Appends a keep-alive.</summary>
    public void AddKeepAlive()
    {
        lock (_gate)
            _filling.Advance(MessageWriter.WriteKeepAlive(_filling.GetSpan(4)));
    }

    /// <summary>Appends a message without a body.</summary>
    public void Add(MessageId id)
    {
        lock (_gate)
            _filling.Advance(MessageWriter.WriteEmpty(_filling.GetSpan(MessageWriter.EmptyLength), id));
    }

    /// <summary>Appends a message that names a piece.</summary>
    public void Add(MessageId id, int piece)
    {
        lock (_gate)
            _filling.Advance(MessageWriter.WritePieceIndex(_filling.GetSpan(MessageWriter.PieceIndexLength), id, piece));
    }

    /// <summary>Appends a message that names a range.</summary>
    public void Add(MessageId id, BlockRequest range)
    {
        lock (_gate)
            _filling.Advance(MessageWriter.WriteRange(_filling.GetSpan(MessageWriter.RangeLength), id, range));
    }

    /// <summary>Appends a message with a body of any length.</summary>
    public void Add(MessageId id, ReadOnlySpan<byte> body)
    {
        lock (_gate)
            _filling.Advance(MessageWriter.WriteBody(_filling.GetSpan(MessageWriter.EmptyLength + body.Length), id, body));
    }

    /// <summary>Appends an extended message.</summary>
    public void AddExtended(byte extensionId, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
            _filling.Advance(MessageWriter.WriteExtended(_filling.GetSpan(6 + payload.Length), extensionId, payload));
    }

    /// <summary>Appends requests for blocks.</summary>
    public void AddRequests(ReadOnlySpan<PendingBlock> blocks)
    {
        lock (_gate)
        {
            Span<byte> span = _filling.GetSpan(MessageWriter.RangeLength * blocks.Length);
            int length = 0;
            foreach (PendingBlock block in blocks)
                length += MessageWriter.WriteRange(span[length..], MessageId.Request, block.Range);
            _filling.Advance(length);
        }
    }

    /// <summary>Sends what is pending, now or, if the socket is full, as soon as it accepts data. Never blocks.</summary>
    public void Flush()
    {
        bool isStuck;
        lock (_gate)
        {
            isStuck = _filling.WrittenCount > MostPending;
            if (_isSending || _isClosed || !HasWork())
            {
                if (!isStuck)
                    return;
            }
            else
            {
                _isSending = true;
            }
        }

        if (isStuck)
            _failed(new TimeoutException("It does not read the data sent to it."));
        else
            _ = SendAsync();
    }

    /// <summary>Releases memory that is needed only while sending.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            if (_isSending || _filling.WrittenCount > 0)
                return;
            if (_filling.Capacity > 0)
                _filling = new();
            if (_sending.Capacity > 0)
                _sending = new();
            _run = null;
        }

        Uploads.Trim();
    }

    /// <summary>Stops sending.</summary>
    public void Dispose()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _stop.Cancel();
        Uploads.TakeAll();
    }

    private bool HasWork() => _filling.WrittenCount > 0 || Uploads.Count > 0;

    private async Task SendAsync()
    {
        bool hasSentBlocks = false;
        try
        {
            while (TryBegin())
            {
                if (_sending.WrittenCount > 0)
                {
                    await _connection.SendAsync(_sending.WrittenMemory).ConfigureAwait(false);
                    LastSent = _time.GetTimestamp();
                    _sending.ResetWrittenCount();
                }

                if (Uploads.Count > 0)
                {
                    hasSentBlocks = true;
                    await SendBlocksAsync(_run ??= new BlockRun()).ConfigureAwait(false);
                }
            }

            // Data received meanwhile was acknowledged by the blocks; from here on nothing would acknowledge it soon.
            if (hasSentBlocks)
                _connection.Acknowledge();
        }
#pragma warning disable CA1031 // The root of a loop: any exception ends this peer only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _run?.Release();
            _failed(e);
        }
    }

    private async Task SendBlocksAsync(BlockRun run)
    {
        RateLimiterPair limits = _limits.Upload;
        if (!run.TryTake(Uploads, limits.IsUnlimited ? int.MaxValue : 1))
            return;
        await limits.AcquireAsync(run.Payload + _connection.Overhead(run.Payload), _stop.Token).ConfigureAwait(false);
        await _reader!.ReadAsync(run.Blocks, run.Messages).ConfigureAwait(false);
        long began = _time.GetTimestamp();
        await _connection.SendAsync(run.Messages).ConfigureAwait(false);
        LastSent = _time.GetTimestamp();
        run.Sent(_time.GetElapsedTime(began, LastSent));
        _payloadSent!(run.Payload);
    }

    /// <summary>Takes the gathered messages, or ends the sending if there are none.</summary>
    private bool TryBegin()
    {
        lock (_gate)
        {
            if (_isClosed || !HasWork())
            {
                _run?.Release();
                _isSending = false;
                return false;
            }

            (_filling, _sending) = (_sending, _filling);
            return true;
        }
    }
}
