using System.Net.Sockets;
using System.Text.Json;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Rpc;

/// <summary>One side of a connection that uses JSON-RPC 2.0, one message per line: it calls, notifies and serves. Thread-safe.</summary>
/// <remarks>
/// One loop reads. Messages are written one at a time, in the order of the calls; a sender waits until the system has accepted its message.
/// That is the back-pressure: only waiting senders are queued. While 64 requests of the other side are pending, nothing more is read until
/// one has been answered; requests that may take long are counted separately.
/// </remarks>
internal sealed class RpcConnection : IAsyncDisposable
{
    private readonly Lock _gate = new(); // a leaf
    private readonly Stream _stream;
    private readonly IRpcHandler _handler;
    private readonly RpcOptions _options;
    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _writeTurn = new(1, 1);
    private readonly SemaphoreSlim _serving = new(RpcLimits.MaxRequests, RpcLimits.MaxRequests);
    private readonly SemaphoreSlim _servingLong = new(RpcLimits.MaxLongRequests, RpcLimits.MaxLongRequests);
    private readonly SemaphoreSlim _calling = new(RpcLimits.MaxRequests, RpcLimits.MaxRequests);
    private readonly SemaphoreSlim _callingLong = new(RpcLimits.MaxLongRequests, RpcLimits.MaxLongRequests);
    private readonly Dictionary<RpcId, ServedRequest> _served = [];
    private readonly Dictionary<RpcId, PendingCall> _calls = [];
    private readonly LineWriter _writer; // used by the sender whose turn it is
    private readonly TaskCompletionSource<RpcClosure> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RpcClosure? _closure;
    private TorrentError? _farewell;
    private ITimer? _flushTimer;
    private Instant _flushBy = Instant.Never;
    private long _lastId;
    private int _invalidMessages;
    private bool _isStarted;

    /// <summary>Takes over a stream; does nothing until <see cref="Start"/>.</summary>
    /// <param name="stream">The stream; it can be read and written at the same time.</param>
    /// <param name="handler">Handles the other side's requests and notifications.</param>
    /// <param name="options">Limits and timeouts.</param>
    public RpcConnection(Stream stream, IRpcHandler handler, RpcOptions options)
    {
        (_stream, _handler, _options) = (stream, handler, options);
        _writer = new LineWriter(options.MaxSentLine);
    }

    /// <summary>Completes with the reason when the connection ends.</summary>
    public Task<RpcClosure> Completion => _completion.Task;

    /// <summary>Completes after <see cref="Completion"/>, when no handler runs any more.</summary>
    public Task Drained => _drained.Task;

    /// <summary>Called with the reason before the other side can see the end of the connection. Must neither throw nor wait.</summary>
    public Action<RpcClosure>? Ending { private get; init; }

    /// <summary>Begins to read.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_isStarted)
                return;
            _isStarted = true;
        }

        _ = Task.Run(RunAsync);
    }

    /// <summary>Sends a request and waits for its response.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="cancellationToken">Ends the wait at once, and asks the other side to cancel.</param>
    /// <exception cref="TorrentException">
    /// The other side's own error; <see cref="TorrentErrorId.ServiceUnavailable"/> if the connection ends;
    /// <see cref="TorrentErrorId.NotSupported"/> if it does not know the method.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<TResult> CallAsync<TParams, TResult>(
        RpcMethod<TParams, TResult> method, TParams parameters, CancellationToken cancellationToken = default)
    {
        await TakeTurnAsync(method.IsLong ? _callingLong : _calling, cancellationToken).ConfigureAwait(false);
        var call = new PendingCall<TResult>(method.Purpose, method.Result) { IsLong = method.IsLong };
        RpcId id;
        lock (_gate)
        {
            if (_closure is not null)
                throw Unavailable(_closure);
            id = new RpcId(++_lastId);
            _calls.Add(id, call);
        }

        try
        {
            await SendAsync(
                (id, method, parameters),
                static (writer, call) => RpcMessages.WriteRequest(writer, call.id, call.method.Name, call.parameters, call.method.Params),
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            // Nothing of it was sent, or the connection has ended.
            TakeCall(id);
            if (fault is LineTooLongException)
                throw new TorrentException(RemoteErrors.TooLarge(method.Purpose, _options.MaxSentLine), fault);
            throw;
        }

        // The call stays one of the 64 until the other side has answered, if only that it was cancelled.
        await using (cancellationToken.UnsafeRegister(
            static (state, token) =>
            {
                var (connection, id, call) = ((RpcConnection, RpcId, PendingCall<TResult>))state!;
                if (call.TryCancel(token))
                    Faults.Watch(connection.SendCancelAsync(id), "cancellation of a call");
            },
            (this, id, call)).ConfigureAwait(false))
        {
            return await call.Result.ConfigureAwait(false);
        }
    }

    /// <summary>Sends a notification. Completes when the system has accepted it.</summary>
    /// <param name="notice">The kind of notification.</param>
    /// <param name="parameters">Its parameters; they are serialized when its turn comes.</param>
    /// <param name="cancellationToken">Ends the wait for the turn; a message that has begun is completed.</param>
    /// <exception cref="TorrentException"><see cref="TorrentErrorId.ServiceUnavailable"/>: the connection ends.</exception>
    /// <exception cref="LineTooLongException">It is longer than a line may be; nothing was sent.</exception>
    public ValueTask NotifyAsync<TParams>(RpcNotice<TParams> notice, TParams parameters, CancellationToken cancellationToken = default) => SendAsync(
        (notice, parameters),
        static (writer, sent) => RpcMessages.WriteNotification(writer, sent.notice.Name, sent.parameters, sent.notice.Params),
        cancellationToken);

    /// <summary>Tells the other side the reason, if it reads that within a moment, and closes the connection.</summary>
    /// <param name="closure">The reason.</param>
    public async Task CloseAsync(RpcClosure closure)
    {
        try
        {
            Task telling = SendAsync(closure.Error, RpcMessages.WriteClosing, CancellationToken.None, closure).AsTask();
            // Its later outcome does not matter.
            _ = telling.ContinueWith(
                static done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            await telling.WaitAsync(_options.ClosingDeadline, _options.Time).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is TimeoutException or TorrentException)
        {
            // It does not read, or has gone.
        }
        finally
        {
            End(closure);
        }
    }

    /// <summary>Closes the connection at once.</summary>
    public ValueTask DisposeAsync()
    {
        End(RemoteErrors.Closed);
        return ValueTask.CompletedTask;
    }

    private async Task RunAsync()
    {
        RpcClosure closure;
        try
        {
            closure = await ReadAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (_ended.IsCancellationRequested && IsBreak(fault))
        {
            closure = RemoteErrors.Closed; // It has already ended for some reason.
        }
        catch (Exception fault) when (IsBreak(fault))
        {
            closure = IsHangUp(fault) ? RemoteErrors.ClosedBy(_options.Partner, Farewell) : RemoteErrors.Broken(_options.Partner, fault);
        }
#pragma warning disable CA1031 // The root of the loop: whatever it is ends this connection and nothing else.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "reading from the " + _options.Partner, fault);
            closure = RemoteErrors.Fault;
        }

        End(closure);
        for (int i = 0; i < RpcLimits.MaxRequests; i++)
            await _serving.WaitAsync().ConfigureAwait(false);
        for (int i = 0; i < RpcLimits.MaxLongRequests; i++)
            await _servingLong.WaitAsync().ConfigureAwait(false);
        _drained.TrySetResult();
    }

    private async Task<RpcClosure> ReadAsync()
    {
        using var reader = new LineReader(_options.MaxReceivedLine);
        int inARow = 0;
        while (true)
        {
            ValueTask<int> receiving = _stream.ReadAsync(reader.GetRoom(), _ended.Token);
            inARow = receiving.IsCompleted ? inARow + 1 : 0;
            int count = await receiving.ConfigureAwait(false);
            if (count == 0)
                return RemoteErrors.ClosedBy(_options.Partner, Farewell);
            if (inARow >= Fairness.MostInARow)
            {
                inARow = 0;
                await Task.Yield();
            }

            reader.Advance(count);
            while (reader.TryRead(out ReadOnlyMemory<byte> line))
            {
                if (!await TakeAsync(RpcParser.Parse(line)).ConfigureAwait(false))
                    return await EndWithAsync(RemoteErrors.NotRpc(_options.Partner)).ConfigureAwait(false);
            }

            if (reader.IsTooLong)
                return await EndWithAsync(RemoteErrors.LineTooLong(_options.Partner, _options.MaxReceivedLine)).ConfigureAwait(false);
        }
    }

    private async Task<RpcClosure> EndWithAsync(RpcClosure closure)
    {
        await CloseAsync(closure).ConfigureAwait(false);
        return closure;
    }

    /// <returns>False after too many invalid messages.</returns>
    private async ValueTask<bool> TakeAsync(RpcMessage message)
    {
        switch (message)
        {
            case RpcRequest request:
                SemaphoreSlim places = _handler.IsLong(request.Method) ? _servingLong : _serving;
                await places.WaitAsync(_ended.Token).ConfigureAwait(false);
                var served = new ServedRequest();
                bool isNew;
                lock (_gate)
                    isNew = _closure is null && _served.TryAdd(request.Id, served);
                if (isNew)
                {
                    _ = ServeAsync(request, served, places);
                    return true;
                }

                // Not with its id: that would be taken for the answer to the request with that id.
                places.Release();
                await SendErrorAsync(null, new RpcError(RpcErrorCode.InvalidRequest)).ConfigureAwait(false);
                return CountInvalid();
            case RpcNotification { Method: RpcMessages.CancelMethod } cancel:
                if (RpcParser.TryReadId(cancel.Params, out RpcId cancelled))
                    Find(cancelled)?.Cancel();
                return true;
            case RpcNotification { Method: RpcMessages.ClosingMethod } closing:
                Farewell = RpcParser.ReadError(closing.Params);
                return true;
            case RpcNotification notification:
                await NotifiedAsync(notification).ConfigureAwait(false);
                return true;
            case RpcResponse response:
                TakeCall(response.Id)?.Complete(response.Result);
                return true;
            case RpcErrorResponse { Id: { } id } failed:
                TakeCall(id)?.Fail(failed.Error);
                return true;
            case RpcInvalid { IsResponse: false } invalid:
                await SendErrorAsync(invalid.Id, new RpcError(invalid.Code)).ConfigureAwait(false);
                return CountInvalid();
            case RpcInvalid:
                return CountInvalid();
            default:
                // An error without a request.
                return true;
        }
    }

    private bool CountInvalid() => ++_invalidMessages < RpcLimits.MaxInvalidMessages;

    private async ValueTask NotifiedAsync(RpcNotification notification)
    {
        try
        {
            await _handler.NotifyAsync(notification, _ended.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The connection ends.
        }
#pragma warning disable CA1031 // A handler is a guest: its fault costs the notification.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "handling the notification " + notification.Method, fault);
        }
    }

    private async Task ServeAsync(RpcRequest request, ServedRequest served, SemaphoreSlim places)
    {
        RpcId id = request.Id;
        string method = request.Method;
        try
        {
            RpcResult? result = null;
            RpcError? error = null;
            RpcClosure? last = null;
            try
            {
                result = await _handler.HandleAsync(request, served.Token).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // A handler is a guest: its fault costs the request.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                error = ToError(fault, method);
                last = (fault as RpcRefusedException)?.Closure;
            }

            // Before the answer is sent: after it the other side may use the id again.
            lock (_gate)
                _served.Remove(id);
            if (error is null)
                error = await SendResultAsync(id, method, result!).ConfigureAwait(false);
            if (error is not null)
                await SendErrorAsync(id, error).ConfigureAwait(false);
            if (last is not null)
                await CloseAsync(last).ConfigureAwait(false);
        }
        catch (TorrentException)
        {
            // There is nobody left to answer.
        }
#pragma warning disable CA1031 // The root of a task that nobody awaits.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "answering " + method, fault);
            End(RemoteErrors.Fault);
        }
        finally
        {
            places.Release();
        }
    }

    private static RpcError ToError(Exception fault, string method)
    {
        switch (fault)
        {
            case RpcException known:
                return new RpcError(known.Code);
            case RpcRefusedException refused:
                return refused.Error;
            case TorrentException failed:
                return new RpcError(RpcErrorCode.Failed, failed.Error);
            case OperationCanceledException:
                return new RpcError(RpcErrorCode.Cancelled);
            default:
                EngineEvents.Log.FaultCaught(null, "handling " + method, fault);
                return new RpcError(RpcErrorCode.InternalError);
        }
    }

    /// <returns>Null, or an error to send instead if the result cannot be serialized.</returns>
    private async ValueTask<RpcError?> SendResultAsync(RpcId id, string method, RpcResult result)
    {
        try
        {
            await SendAsync((id, result), static (writer, sent) => RpcMessages.WriteResponse(writer, sent.id, sent.result), CancellationToken.None)
                .ConfigureAwait(false);
            return null;
        }
        catch (Exception fault) when (fault is not TorrentException)
        {
            EngineEvents.Log.FaultCaught(null, "serializing the result of " + method, fault);
            return new RpcError(RpcErrorCode.InternalError);
        }
    }

    private ValueTask SendErrorAsync(RpcId? id, RpcError error) =>
        SendAsync((id, error), static (writer, sent) => RpcMessages.WriteError(writer, sent.id, sent.error), CancellationToken.None);

    private async Task SendCancelAsync(RpcId id)
    {
        try
        {
            await SendAsync(id, RpcMessages.WriteCancel, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TorrentException)
        {
            // The connection has ended, and the request with it.
        }
    }

    /// <summary>Writes a message in its turn. An exception of the serializer is thrown to the caller, and nothing is sent.</summary>
    /// <param name="state">The message.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="cancellationToken">Ends the wait for the turn.</param>
    /// <param name="last">Ends the connection with this message, before anybody else has a turn.</param>
    private async ValueTask SendAsync<TState>(
        TState state, Action<Utf8JsonWriter, TState> write, CancellationToken cancellationToken, RpcClosure? last = null)
    {
        await TakeTurnAsync(_writeTurn, cancellationToken).ConfigureAwait(false);
        try
        {
            if (Closure is { } before)
                throw Unavailable(before);
            ReadOnlyMemory<byte> line = _writer.Write(state, write);
            try
            {
                await WriteAsync(line).ConfigureAwait(false);
                if (last is not null)
                    End(last);
            }
            catch (Exception fault) when (IsBreak(fault))
            {
                // Half a line may have been sent, so nothing can follow. The other side's last message may not have been read yet.
                if (IsHangUp(fault))
                    await Task.WhenAny(Completion, Task.Delay(_options.ClosingDeadline, _options.Time, CancellationToken.None)).ConfigureAwait(false);
                End(IsHangUp(fault) ? RemoteErrors.ClosedBy(_options.Partner, Farewell) : RemoteErrors.Broken(_options.Partner, fault));
                throw Unavailable(Closure!);
            }
        }
        finally
        {
            _writer.Trim();
            _writeTurn.Release();
        }
    }

    private ValueTask WriteAsync(ReadOnlyMemory<byte> line)
    {
        ValueTask writing = _stream.WriteAsync(line, _ended.Token);
        return writing.IsCompletedSuccessfully ? default : AwaitAsync();

        async ValueTask AwaitAsync()
        {
            lock (_gate)
            {
                _flushBy = Instant.Now(_options.Time) + _options.FlushDeadline;
                _flushTimer ??= _options.Time.CreateTimer(
                    static state => ((RpcConnection)state!).CheckFlush(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _flushTimer.Change(_options.FlushDeadline, Timeout.InfiniteTimeSpan);
            }

            try
            {
                await writing.ConfigureAwait(false);
            }
            finally
            {
                lock (_gate)
                {
                    _flushBy = Instant.Never;
                    _flushTimer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                    if (_closure is not null)
                        _flushTimer.Dispose();
                }
            }
        }
    }

    private void CheckFlush()
    {
        lock (_gate)
        {
            // It may fire late, for a message that has already been sent, or a little early.
            if (_flushBy == Instant.Never)
                return;
            TimeSpan left = _flushBy - Instant.Now(_options.Time);
            if (left > TimeSpan.Zero)
            {
                _flushTimer?.Change(left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
                return;
            }
        }

        End(RemoteErrors.NotRead(_options.Partner, _options.FlushDeadline));
    }

    /// <summary>Waits for a turn, until the connection ends.</summary>
    private async ValueTask TakeTurnAsync(SemaphoreSlim turn, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Closure is { } before)
            throw Unavailable(before);
        if (turn.Wait(0, CancellationToken.None))
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        try
        {
            await turn.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable(Closure!);
        }
        catch (OperationCanceledException)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private RpcClosure? Closure
    {
        get
        {
            lock (_gate)
                return _closure;
        }
    }

    /// <summary>The other side's reason for ending the connection.</summary>
    private TorrentError? Farewell
    {
        get
        {
            lock (_gate)
                return _farewell;
        }

        set
        {
            lock (_gate)
                _farewell = value;
        }
    }

    private ServedRequest? Find(RpcId id)
    {
        lock (_gate)
            return _served.GetValueOrDefault(id);
    }

    /// <summary>Removes a call, and lets the next one have its place.</summary>
    /// <returns>The call; null if there is none with that id.</returns>
    private PendingCall? TakeCall(RpcId id)
    {
        PendingCall? call;
        lock (_gate)
        {
            if (!_calls.Remove(id, out call))
                return null;
        }

        (call.IsLong ? _callingLong : _calling).Release();
        return call;
    }

    private void End(RpcClosure closure)
    {
        PendingCall[] calls;
        ServedRequest[] served;
        ITimer? timer;
        lock (_gate)
        {
            if (_closure is not null)
                return;
            _closure = closure;
            (calls, served, timer) = ([.. _calls.Values], [.. _served.Values], _flushTimer);
            _calls.Clear();
            if (!_isStarted)
                _drained.TrySetResult();
            _isStarted = true;
        }

        Ending?.Invoke(closure);
        Faults.Watch(_ended.CancelAsync(), "end of a connection");
        timer?.Dispose();
        foreach (ServedRequest request in served)
            request.Cancel();
        foreach (PendingCall call in calls)
            call.Fail(Unavailable(closure));
        try
        {
            _stream.Dispose();
        }
        catch (Exception fault) when (IsBreak(fault))
        {
            // It was broken already.
        }

        EngineEvents.Log.ConnectionClosed(_options.Partner, closure.Error.Message);
        _completion.TrySetResult(closure);
    }

    private static TorrentException Unavailable(RpcClosure closure) => new(closure.Error);

    private static bool IsBreak(Exception fault) => fault is IOException or SocketException or OperationCanceledException or ObjectDisposedException;

    /// <summary>Whether the other side has gone, rather than that something failed here.</summary>
    private static bool IsHangUp(Exception fault) => (fault as SocketException ?? fault.InnerException as SocketException)?.SocketErrorCode
        is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted or SocketError.NotConnected;
}
