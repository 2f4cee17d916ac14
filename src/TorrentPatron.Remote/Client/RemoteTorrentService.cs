using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Routing;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Client;

/// <summary>A connection to a service in another process. Its patrons have the same type as those of a service in this process.</summary>
/// <remarks>
/// Sources are read here and sent as bytes, so that the service reads no file that this user may not read. When the connection ends, waits
/// fail with <see cref="TorrentErrorId.ServiceUnavailable"/>; the torrents continue. With a reconnect timeout, waits, events and patrons survive
/// a lost connection instead: statuses stay as they were last seen, new requests wait, and only pending requests fail, since their outcome is
/// unknown.
/// </remarks>
internal sealed class RemoteTorrentService : ITorrentService, IPatronBackend
{
    /// <summary>
    /// Maximum number of pending requests of patrons, apart from checks and moves. Fewer than the connection allows, to leave room for queries.
    /// </summary>
    private const int MostRequests = 60;

    /// <summary>Longest time for one attempt to reconnect: a service answers nobody while it restores its torrents.</summary>
    private static readonly TimeSpan AttemptDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Longest wait for the service when a patron is released.</summary>
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new(); // a leaf
    private readonly OrderedDictionary<Guid, Patron> _patrons = [];
    private readonly SemaphoreSlim _requests = new(MostRequests, MostRequests);
    private readonly Func<ServiceScope?, CancellationToken, Task<Stream>> _dial;
    private readonly TimeSpan? _reconnectTimeout;
    private readonly RpcOptions _options;
    private readonly RpcMethodTable _methods;
    private readonly RemoteEngine _engine;
    private readonly MessageRouter _router;
    private readonly RequestReader _reader;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ending = new();
    private readonly Dictionary<string, RpcMethod<CommandDto, MessageDto>> _commands =
        MethodNames.Commands.ToDictionary(name => name, Methods.Command, StringComparer.Ordinal);

    private ServiceDto _service = new();
    private volatile ClientSettings _ownSettings = new();
    private TaskCompletionSource _restored = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<RpcConnection> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RpcConnection? _connection;
    private volatile TorrentError? _interruption;
    private Task _keeping = Task.CompletedTask;
    private long _lastId;
    private bool _isDisposed;

    private RemoteTorrentService(Func<ServiceScope?, CancellationToken, Task<Stream>> dial, TimeSpan? reconnectTimeout, RpcOptions options)
    {
        (_dial, _reconnectTimeout, _options, _time) = (dial, reconnectTimeout, options, options.Time);
        _router = new MessageRouter();
        _engine = new RemoteEngine(_router, _time);
        _methods = new RpcMethodTable().Add(Methods.Statuses, (statuses, _) => Take(statuses)).Add(Methods.Message, (message, _) => Take(message));
        Network = NetworkStack.Create(new SocketNetwork(() => _ownSettings.BindTarget), () => _ownSettings, options.Time);
        _reader = new RequestReader(new SourceReader(options.Time, Network), peers: null, options.Time);
        States = new RemoteSavedState(_engine, () => Settings.StatePath);
        Hooks = new RemoteHooks(ReadyAsync);
    }

    /// <inheritdoc/>
    public bool IsRemote => true;

    /// <inheritdoc/>
    public ServiceScope? Scope => Wire.ToEnum(Volatile.Read(ref _service).Scope, ServiceScope.User);

    /// <inheritdoc/>
    public TorrentError? Fault => _engine.Fault;

    /// <inheritdoc/>
    public TorrentError? Interruption => Fault is null ? _interruption : null;

    /// <inheritdoc/>
    public bool Reconnects => _reconnectTimeout is not null;

    /// <inheritdoc/>
    public TorrentError? CutOff { get; private set; }

    /// <inheritdoc/>
    public ServiceSettings Settings { get; private set; } = new();

    /// <inheritdoc/>
    public INetwork Network { get; }

    /// <inheritdoc/>
    public ClientCapabilities? Capabilities =>
        Volatile.Read(ref _service).Capabilities is { } names ? Wire.ToFlags<ClientCapabilities>(names) : null;

    /// <inheritdoc/>
    public ISavedState States { get; }

    /// <inheritdoc/>
    public ITorrentHooks Hooks { get; }

    /// <inheritdoc/>
    public ReadOnlyCollection<Patron> Patrons
    {
        get
        {
            lock (_gate)
                return [.. _patrons.Values.Where(patron => !patron.IsStopped)];
        }
    }

    /// <inheritdoc/>
    IEngineView? IPatronBackend.Engine => Capabilities is null && Fault is null ? null : _engine;

    /// <summary>Connects to a service.</summary>
    /// <param name="address">Its address; null means the address of the scope.</param>
    /// <param name="scope">The scope; null means the user's for a given address, otherwise the user's or else the machine's.</param>
    /// <param name="options">The connection's options; null means those of a client.</param>
    /// <param name="reconnectTimeout">
    /// How long to try to reconnect after the connection is lost; null fails waits at once.
    /// </param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="TorrentException">There is no service, or its version is incompatible.</exception>
    public static Task<RemoteTorrentService> ConnectAsync(
        string? address = null, ServiceScope? scope = null, RpcOptions? options = null, TimeSpan? reconnectTimeout = null,
        CancellationToken cancellationToken = default) =>
        ConnectAsync(
            async (known, cancellation) =>
                (await ServiceEndpoint.DialAsync(address, scope ?? known, options?.Time, cancellation).ConfigureAwait(false)).Stream,
            options, reconnectTimeout, cancellationToken);

    /// <summary>Says hello, and receives the statuses of all torrents.</summary>
    /// <param name="stream">A connection to a service; the result closes it.</param>
    /// <param name="options">The connection's options; null means those of a client.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="TorrentException">The service closes the connection, or its version is incompatible.</exception>
    public static Task<RemoteTorrentService> ConnectAsync(
        Stream stream, RpcOptions? options = null, CancellationToken cancellationToken = default) =>
        ConnectAsync((_, _) => Task.FromResult(stream), options, reconnectTimeout: null, cancellationToken);

    /// <summary>Says hello, and receives the statuses of all torrents.</summary>
    /// <param name="dial">Connects to a service of the same scope as the first time; the result closes the connection.</param>
    /// <param name="options">The connection's options; null means those of a client.</param>
    /// <param name="reconnectTimeout">How long to try to reconnect after the connection is lost; null fails waits at once.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="TorrentException">The service closes the connection, or its version is incompatible.</exception>
    public static async Task<RemoteTorrentService> ConnectAsync(
        Func<ServiceScope?, CancellationToken, Task<Stream>> dial, RpcOptions? options, TimeSpan? reconnectTimeout, CancellationToken cancellationToken)
    {
        var service = new RemoteTorrentService(dial, reconnectTimeout, options ?? RpcOptions.Client);
        try
        {
            RpcConnection connection = await service.OpenAsync(cancellationToken).ConfigureAwait(false);
            service._connection = connection;
            service._ready.SetResult(connection);
            service._keeping = service.KeepAsync(connection);
            return service;
        }
        catch
        {
            await service.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public Patron CreatePatron(string? name = null)
    {
        Patron patron;
        RpcConnection connection;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            patron = new Patron(this, this, name);
            _router.Add(patron);
            _patrons.Add(patron.Id, patron);
            connection = _connection!;
        }

        // Not awaited: it arrives before the patron's first request, which fails if this fails. Without a connection, the patron is attached with
        // the others when the connection is restored.
        Faults.Watch(TryAttachAsync(patron, connection), "attaching a patron");
        return patron;
    }

    /// <inheritdoc/>
    public ClientStatus? GetClientStatus() => Fault is null && Interruption is null ? _engine.Ask(Methods.ClientStatus, RpcNothing.Value).Status?.ToStatus() : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ServiceDto known = Volatile.Read(ref _service);
        SettingsDto changed = SettingsDto.Of(settings, withSecrets: true);
        changed.Filter = await RemoteFilter
            .WriteAsync(settings.Filter, ranges => UploadAsync(ranges.ToBytes(), cancellationToken)).ConfigureAwait(false);
        if (changed.Proxy is { User: null } proxy)
            proxy.KeepCredential = known.Settings?.Proxy?.KeepCredential == true;
        RpcConnection connection = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        AppliedDto applied = await connection.CallAsync(Methods.Apply, changed, cancellationToken).ConfigureAwait(false);
        ServiceDto now = Known();
        (now.Settings, now.Capabilities) = (applied.Settings, known.Capabilities);
        Take(now);
        return Wire.ToList(applied.Refused, error => error.ToError());
    }

    /// <summary>Releases its patrons, and closes the connection. The torrents continue.</summary>
    public async ValueTask DisposeAsync()
    {
        Patron[] patrons;
        lock (_gate)
        {
            _isDisposed = true;
            patrons = [.. _patrons.Values];
        }

        await Task.WhenAll(patrons.Select(patron => patron.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        RpcConnection? connection;
        lock (_gate)
            connection = _connection;
        if (connection is not null)
            await connection.DisposeAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        End(RemoteErrors.Closed.Error);
    }

    /// <inheritdoc/>
    long IPatronBackend.NextId() => Interlocked.Increment(ref _lastId);

    /// <inheritdoc/>
    async Task<TorrentAnswer> IPatronBackend.StartAsync(
        IRequester requester, StartRequest request, PendingAnswer pending, RequestTurn turn, CancellationToken reading)
    {
        (StartDto start, TorrentMetainfo? metainfo) = await ReadAsync(request, pending, reading).ConfigureAwait(false);
        start.Patron = requester.Id;
        await UploadAsync(start, metainfo, reading).ConfigureAwait(false);
        TorrentAnswer? answer = null;
        _router.StartBegins(requester);
        try
        {
            answer = Answer(await SendAsync(Methods.Start, start, requester, turn).ConfigureAwait(false), pending, MethodNames.Start);
            return answer;
        }
        finally
        {
            _router.StartEnds(requester, answer);
        }
    }

    /// <inheritdoc/>
    async Task<TorrentAnswer> IPatronBackend.CommandAsync(IRequester requester, TorrentCommand command, PendingAnswer pending, RequestTurn turn)
    {
        (string method, CommandDto parameters) = CommandDto.Of(command);
        parameters.Patron = requester.Id;
        return Answer(await SendAsync(_commands[method], parameters, requester, turn).ConfigureAwait(false), pending, method);
    }

    /// <inheritdoc/>
    async Task<TorrentMetainfo> IPatronBackend.FetchMetadataAsync(Patron patron, StartRequest request, CancellationToken cancellationToken)
    {
        (StartDto start, TorrentMetainfo? metainfo) = await ReadAsync(request, pending: null, cancellationToken).ConfigureAwait(false);
        if (metainfo is not null)
            return metainfo;
        start.Patron = patron.Id;
        RpcConnection connection = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        MetainfoDto fetched = await connection.CallAsync(Methods.FetchMetadata, start, cancellationToken).ConfigureAwait(false);
        fetched = await fetched.WithRestAsync(
            offset => connection.CallAsync(
                Methods.GetMetainfo, new QueryDto { InfoHash = fetched.InfoHash, Offset = offset }, cancellationToken)).ConfigureAwait(false);
        return fetched.ToMetainfo() ?? throw new TorrentException(RemoteErrors.NotUnderstood(Methods.FetchMetadata.Purpose));
    }

    /// <inheritdoc/>
    void IPatronBackend.Stopped(Patron patron) => _router.Remove(patron);

    /// <inheritdoc/>
    async Task IPatronBackend.ReleaseAsync(Patron patron)
    {
        lock (_gate)
            _patrons.Remove(patron.Id);
        using var patience = new CancellationTokenSource(LongestGoodbye);
        try
        {
            await _connection!.CallAsync(Methods.Detach, new PatronDto { Patron = patron.Id }, patience.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is TorrentException or OperationCanceledException)
        {
            // The end of the connection then releases it.
        }
    }

    /// <summary>Connects, says hello and receives the statuses.</summary>
    private async Task<RpcConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new RpcConnection(await _dial(_connection is null ? null : Scope, cancellationToken).ConfigureAwait(false), _methods, _options);
        connection.Start();
        Hello service = await HelloExchange.SayAsync(connection, Hello.OfThisProcess(), _time, cancellationToken).ConfigureAwait(false);
        // Reported once: a connection that fails after this must not lose it.
        CutOff = service.CutOff?.ToError() ?? CutOff;
        try
        {
            _restored = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _engine.Connection = connection;
            Take(await connection.CallAsync(Methods.Subscribe, RpcNothing.Value, cancellationToken).ConfigureAwait(false));
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Waits for the end of the connection and reconnects if wanted, until that fails for good.</summary>
    private async Task KeepAsync(RpcConnection connection)
    {
        while (true)
        {
            TorrentError why = (await connection.Completion.ConfigureAwait(false)).Error;
            if (_reconnectTimeout is not { } timeout || _ending.IsCancellationRequested)
            {
                End(why);
                return;
            }

            try
            {
                _engine.IsStale = true;

                // Everything from the old connection has been processed by then.
                await connection.Drained.ConfigureAwait(false);
                lock (_gate)
                {
                    _interruption = why;
                    _ready = new TaskCompletionSource<RpcConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                connection = await ReconnectAsync(why, timeout).ConfigureAwait(false);
            }
            catch (TorrentException fault)
            {
                End(fault.Error);
                return;
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                End(RemoteErrors.Closed.Error);
                return;
            }
#pragma warning disable CA1031 // The root of a task that nobody awaits: what waits for the service must be told.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                EngineEvents.Log.FaultCaught(null, "reconnecting to the service", fault);
                End(RemoteErrors.Fault.Error);
                return;
            }

            Faults.Watch(CatchUpAsync(connection), "catching up after reconnecting to the service");
        }
    }

    /// <summary>Reconnects: at once, then after increasing pauses.</summary>
    /// <exception cref="TorrentException">The service has not come back in time, or can no longer be used.</exception>
    private async Task<RpcConnection> ReconnectAsync(TorrentError why, TimeSpan timeout)
    {
        Instant end = Instant.Now(_time) + timeout;
        for (int attempt = 0; ; attempt++)
        {
            using var deadline = new CancellationTokenSource(AttemptDeadline, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _ending.Token);
            try
            {
                _engine.BeginCatchUp();
                RpcConnection connection = await OpenAsync(either.Token).ConfigureAwait(false);
                await AttachAllAsync(connection, either.Token).ConfigureAwait(false);
                lock (_gate)
                {
                    _interruption = null;
                    _ready.SetResult(connection);
                }

                _engine.IsStale = false;

                return connection;
            }
            catch (TorrentException fault) when (fault.Error.Id is not (TorrentErrorId.ServiceVersionMismatch or TorrentErrorId.ServiceAccessDenied))
            {
                // It is not there or not ready, or has not noticed yet that the old connection is over.
            }
            catch (OperationCanceledException) when (!_ending.IsCancellationRequested)
            {
                // It is hung or busy.
            }

            TimeSpan pause = ReconnectPause.Next(attempt, Random.Shared.NextDouble());
            if (Instant.Now(_time) + pause > end)
                throw new TorrentException(ClientErrors.NotBack(why, timeout));
            await Task.Delay(pause, _time, _ending.Token).ConfigureAwait(false);
        }
    }

    /// <summary>Attaches the patrons to the service again, with their old ids.</summary>
    private async Task AttachAllAsync(RpcConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            Patron[] patrons;
            lock (_gate)
            {
                // From here on new patrons are attached through this connection.
                if (_isDisposed)
                    throw new OperationCanceledException(_ending.Token);
                _connection = connection;
                patrons = [.. _patrons.Values.Where(patron => !patron.IsStopped)];
            }

            foreach (Patron patron in patrons)
                await AttachAsync(patron, connection, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// After reconnecting: waits until the service has restored its torrents, lets the patrons adopt theirs again, and reports what has happened
    /// to them in the meantime.
    /// </summary>
    private async Task CatchUpAsync(RpcConnection connection)
    {
        await Task.WhenAny(_restored.Task, connection.Completion).ConfigureAwait(false);
        try
        {
            foreach (Patron patron in Patrons)
            {
                foreach (string[] part in _router.OwnedBy(patron).Select(Wire.OfTorrent).OfType<string>().Chunk(AdoptDto.MostTorrents))
                {
                    await connection.CallAsync(Methods.Adopt, new AdoptDto { Patron = patron.Id, Torrents = part }, _ending.Token)
                        .ConfigureAwait(false);
                }
            }

            await connection.CallAsync(Methods.Flush, RpcNothing.Value, _ending.Token).ConfigureAwait(false);
        }
        catch (TorrentException) when (connection.Completion.IsCompleted)
        {
            // The connection is lost again; the next one continues with this.
            return;
        }
        catch (TorrentException)
        {
            // The service is older, or a patron was stopped: it sends no messages then, but statuses are still reported.
        }
        catch (OperationCanceledException)
        {
            return;
        }

        _engine.EndCatchUp();
    }

    private void End(TorrentError why)
    {
        _engine.End(why);
        TaskCompletionSource<RpcConnection> ready;
        lock (_gate)
            ready = _ready;
        ready.TrySetException(new TorrentException(why));
        _ = ready.Task.Exception;
    }

    /// <summary>The connection; waits while it is being restored.</summary>
    /// <exception cref="TorrentException">It cannot be restored.</exception>
    private async Task<RpcConnection> ReadyAsync(CancellationToken cancellationToken)
    {
        Task<RpcConnection> ready;
        lock (_gate)
            ready = _ready.Task;
        return await ready.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task AttachAsync(Patron patron, RpcConnection connection, CancellationToken cancellationToken) => await connection
        .CallAsync(Methods.Attach, new AttachDto { Patron = patron.Id, Name = patron.Name }, cancellationToken).ConfigureAwait(false);

    private static async Task TryAttachAsync(Patron patron, RpcConnection connection)
    {
        try
        {
            await AttachAsync(patron, connection, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TorrentException)
        {
            // Its requests fail with the same error.
        }
    }

    /// <summary>The known properties of the service apart from its engine.</summary>
    private ServiceDto Known()
    {
        ServiceDto service = Volatile.Read(ref _service);
        return new ServiceDto { Settings = service.Settings, Scope = service.Scope, Access = service.Access, IsRestoring = service.IsRestoring };
    }

    private ValueTask Take(StatusesDto statuses)
    {
        _engine.Take(statuses);
        if (statuses.IsReset)
            Volatile.Write(ref _service, Known());
        if (statuses.Service is not null)
            Take(statuses.Service);
        return ValueTask.CompletedTask;
    }

    private ValueTask Take(MessageDto message)
    {
        if (message.Patron is { } patron && message.ToMessage() is { } received)
            _router.Bring(patron, received);
        return ValueTask.CompletedTask;
    }

    private void Take(ServiceDto service)
    {
        Volatile.Write(ref _service, service);
        if (!service.IsRestoring)
            _restored.TrySetResult();
        if (service.Settings is not { } settings)
            return;
        ServiceSettings read = settings.ToService();
        // This process' own traffic follows the same policies, as far as they are known here.
        _ownSettings = read.Client;
        Settings = read with { Client = read.Client with { Filter = RemoteFilter.Read(settings.Filter) } };
    }

    /// <summary>Reads a source, except the service's own saved state.</summary>
    private async Task<(StartDto Start, TorrentMetainfo? Metainfo)> ReadAsync(
        StartRequest request, PendingAnswer? pending, CancellationToken reading)
    {
        StartDto start = StartDto.Of(request);
        if (request is { Metainfo: null, Source.Saved: { } saved })
        {
            start.Saved = Wire.OfTorrent(saved);
            pending?.Torrent = saved;
            return (start, null);
        }

        SourceContent content = (await _reader.ReadAsync(request, reading).ConfigureAwait(false)).Content;
        start.Take(content);
        pending?.Torrent = content.TorrentId;
        return (start, content.Metainfo);
    }

    /// <summary>Uploads a large .torrent in parts before the start.</summary>
    private async Task UploadAsync(StartDto start, TorrentMetainfo? metainfo, CancellationToken cancellationToken)
    {
        if (metainfo is not { Raw: { Length: > StartDto.MostMetainfo } raw })
            return;
        (start.Upload, start.Metainfo) = (await UploadAsync(raw, cancellationToken).ConfigureAwait(false), null);
    }

    /// <summary>Uploads bytes in parts before the request that needs them.</summary>
    /// <returns>The name of the upload.</returns>
    private async Task<string> UploadAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        RpcConnection connection = await ReadyAsync(cancellationToken).ConfigureAwait(false);
        string name = Guid.NewGuid().ToString("N");
        for (int at = 0; at < bytes.Length; at += StartDto.MostMetainfo)
        {
            byte[] part = bytes[at..Math.Min(at + StartDto.MostMetainfo, bytes.Length)].ToArray();
            await connection.CallAsync(Methods.Upload, new UploadDto { Upload = name, Data = part }, cancellationToken).ConfigureAwait(false);
        }

        return name;
    }

    /// <summary>Sends a request after the patron's earlier ones, and waits for its answer.</summary>
    private async Task<MessageDto> SendAsync<TParams>(
        RpcMethod<TParams, MessageDto> method, TParams parameters, IRequester requester, RequestTurn turn)
    {
        await turn.Ready.ConfigureAwait(false);
        // The connection counts long requests separately.
        SemaphoreSlim? places = method.IsLong ? null : _requests;
        if (places is not null)
            await places.WaitAsync(requester.Stopping).ConfigureAwait(false);
        try
        {
            RpcConnection connection = await ReadyAsync(requester.Stopping).ConfigureAwait(false);
            Task<MessageDto> call = connection.CallAsync(method, parameters);
            turn.Enter();
            return await call.WaitAsync(requester.Stopping).ConfigureAwait(false);
        }
        finally
        {
            places?.Release();
        }
    }

    /// <summary>The answer with the patron's own correlation id.</summary>
    private static TorrentAnswer Answer(MessageDto message, PendingAnswer pending, string method) =>
        message.ToMessage() is TorrentAnswer answer
            ? answer with { CorrelationId = pending.Id }
            : throw new TorrentException(RemoteErrors.NotUnderstood(MethodDescriptions.Of(method)));
}
