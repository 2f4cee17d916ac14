using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Routing;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Client;

/// <summary>A service of another process, over a connection. Its patrons are of the same type as those of a service in this process.</summary>
/// <remarks>
/// Sources are read here and sent as bytes, so that the service reads no file that this user may not. When the connection ends, what waits
/// fails with <see cref="TorrentErrorId.ServiceUnavailable"/>; the torrents run on.
/// </remarks>
internal sealed class RemoteTorrentService : ITorrentService, IPatronBackend
{
    /// <summary>
    /// Requests of patrons under way. Fewer than the connection takes, so that requests that take long (checks of many torrents) leave room
    /// for questions.
    /// </summary>
    private const int MostRequests = 60;

    /// <summary>Longest wait for the service when a patron is let go.</summary>
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new(); // a leaf
    private readonly OrderedDictionary<Guid, Patron> _patrons = [];
    private readonly SemaphoreSlim _requests = new(MostRequests, MostRequests);
    private readonly RpcConnection _connection;
    private readonly RemoteEngine _engine;
    private readonly NewsRouter _news;
    private readonly RequestReader _reader;
    private readonly TimeProvider _time;
    private readonly Dictionary<string, RpcMethod<CommandDto, MessageDto>> _commands =
        MethodNames.Commands.ToDictionary(name => name, Methods.Command, StringComparer.Ordinal);

    private ServiceDto _service = new();
    private long _lastId;
    private bool _isDisposed;

    private RemoteTorrentService(Stream stream, RpcOptions options)
    {
        _news = new NewsRouter();
        _engine = new RemoteEngine(_news);
        var methods = new RpcMethodTable().Add(Methods.Statuses, (statuses, _) => Take(statuses)).Add(Methods.Message, (message, _) => Take(message));
        _connection = new RpcConnection(stream, methods, options);
        _engine.Connection = _connection;
        _time = options.Time;
        Network = NetworkStack.Create(new SocketNetwork(() => Settings.Client.BindTarget), () => Settings.Client, options.Time);
        _reader = new RequestReader(new SourceReader(options.Time, Network), peers: null, options.Time);
        States = new RemoteSavedState(_engine, () => Settings.StatePath);
    }

    /// <inheritdoc/>
    public bool IsRemote => true;

    /// <inheritdoc/>
    public TorrentError? Fault => _engine.Fault;

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
    /// <param name="address">Its address; null: the user's own, wherever it listens.</param>
    /// <param name="options">The connection's options; null: a client's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TorrentException">No service is there, or it is of a version that is not understood.</exception>
    public static async Task<RemoteTorrentService> ConnectAsync(
        string? address = null, RpcOptions? options = null, CancellationToken cancellationToken = default)
    {
        RpcTransport transport = await ServiceEndpoint
            .DialAsync(address, isTrusted: null, options?.Time, cancellationToken).ConfigureAwait(false);
        return await ConnectAsync(transport.Stream, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says hello, and takes the statuses of all torrents.</summary>
    /// <param name="stream">A connection to a service; the result ends it.</param>
    /// <param name="options">The connection's options; null: a client's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TorrentException">The service ends the connection, or is of a version that is not understood.</exception>
    public static async Task<RemoteTorrentService> ConnectAsync(
        Stream stream, RpcOptions? options = null, CancellationToken cancellationToken = default)
    {
        var service = new RemoteTorrentService(stream, options ?? RpcOptions.Client);
        try
        {
            await service.BeginAsync(cancellationToken).ConfigureAwait(false);
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
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            patron = new Patron(this, this, name);
            _patrons.Add(patron.Id, patron);
        }

        // Nobody waits: it arrives before the patron's first request, which fails where it fails.
        _news.Add(patron);
        Faults.Watch(AttachAsync(patron), "attaching a patron");
        return patron;
    }

    /// <inheritdoc/>
    public ClientStatus? GetClientStatus() => Fault is null ? _engine.Ask(Methods.ClientStatus, RpcNothing.Value).Status?.ToStatus() : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ServiceDto known = Volatile.Read(ref _service);
        SettingsDto changed = SettingsDto.Of(settings, withSecrets: true);
        if (settings.Filter is not null)
            return [ClientErrors.FilterNotSent];

        // The filter is not known here: it stays unless the service has none.
        changed.Filter = known.Settings?.Filter;
        if (changed.Proxy is { User: null } proxy)
            proxy.KeepCredential = known.Settings?.Proxy?.KeepCredential == true;
        AppliedDto applied = await _connection.CallAsync(Methods.Apply, changed, cancellationToken).ConfigureAwait(false);
        Take(new ServiceDto { Settings = applied.Settings, Capabilities = known.Capabilities });
        return Wire.ToList(applied.Refused, error => error.ToError());
    }

    /// <summary>Lets its patrons go, and ends the connection. The torrents run on.</summary>
    public async ValueTask DisposeAsync()
    {
        Patron[] patrons;
        lock (_gate)
        {
            _isDisposed = true;
            patrons = [.. _patrons.Values];
        }

        await Task.WhenAll(patrons.Select(patron => patron.DisposeAsync().AsTask())).ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        _engine.End(RemoteErrors.Closed.Error);
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
        _news.StartBegins(requester);
        try
        {
            answer = Answer(await SendAsync(Methods.Start, start, requester, turn).ConfigureAwait(false), pending, MethodNames.Start);
            return answer;
        }
        finally
        {
            _news.StartEnds(requester, answer);
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
        MetainfoDto fetched = await _connection.CallAsync(Methods.FetchMetadata, start, cancellationToken).ConfigureAwait(false);
        return fetched.ToMetainfo() ?? throw new TorrentException(ClientErrors.NotUnderstood(MethodNames.FetchMetadata));
    }

    /// <inheritdoc/>
    void IPatronBackend.Stopped(Patron patron) => _news.Remove(patron);

    /// <inheritdoc/>
    async Task IPatronBackend.ReleaseAsync(Patron patron)
    {
        lock (_gate)
            _patrons.Remove(patron.Id);
        using var patience = new CancellationTokenSource(LongestGoodbye);
        try
        {
            await _connection.CallAsync(Methods.Detach, new PatronDto { Patron = patron.Id }, patience.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is TorrentException or OperationCanceledException)
        {
            // Then the end of the connection lets it go.
        }
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        _connection.Start();
        _ = EndAsync();
        await HelloExchange.SayAsync(_connection, Hello.OfThisProcess(), _time, cancellationToken).ConfigureAwait(false);
        Take(await _connection.CallAsync(Methods.Subscribe, RpcNothing.Value, cancellationToken).ConfigureAwait(false));
    }

    private async Task EndAsync() => _engine.End((await _connection.Completion.ConfigureAwait(false)).Error);

    private async Task AttachAsync(Patron patron)
    {
        try
        {
            await _connection.CallAsync(Methods.Attach, new AttachDto { Patron = patron.Id, Name = patron.Name }).ConfigureAwait(false);
        }
        catch (TorrentException)
        {
            // Its requests fail with the same.
        }
    }

    private ValueTask Take(StatusesDto statuses)
    {
        _engine.Take(statuses);
        if (statuses.IsReset)
            Volatile.Write(ref _service, new ServiceDto { Settings = Volatile.Read(ref _service).Settings });
        if (statuses.Service is not null)
            Take(statuses.Service);
        return ValueTask.CompletedTask;
    }

    private ValueTask Take(MessageDto message)
    {
        if (message.Patron is { } patron && message.ToMessage() is { } news)
            _news.Bring(patron, news);
        return ValueTask.CompletedTask;
    }

    private void Take(ServiceDto service)
    {
        Volatile.Write(ref _service, service);
        if (service.Settings is { } settings)
            Settings = settings.ToService();
    }

    /// <summary>Reads a source; what the service has saved it reads itself.</summary>
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

    /// <summary>Sends a large .torrent ahead of the start, in parts.</summary>
    private async Task UploadAsync(StartDto start, TorrentMetainfo? metainfo, CancellationToken cancellationToken)
    {
        if (metainfo is not { Raw: { Length: > StartDto.MostMetainfo } raw })
            return;
        (start.Upload, start.Metainfo) = (Guid.NewGuid().ToString("N"), null);
        for (int at = 0; at < raw.Length; at += StartDto.MostMetainfo)
        {
            byte[] part = raw[at..Math.Min(at + StartDto.MostMetainfo, raw.Length)].ToArray();
            await _connection.CallAsync(Methods.Upload, new UploadDto { Upload = start.Upload, Data = part }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a request behind the patron's earlier ones, and waits for its answer.</summary>
    private async Task<MessageDto> SendAsync<TParams>(
        RpcMethod<TParams, MessageDto> method, TParams parameters, IRequester requester, RequestTurn turn)
    {
        await turn.Ready.ConfigureAwait(false);
        await _requests.WaitAsync(requester.Stopping).ConfigureAwait(false);
        try
        {
            Task<MessageDto> call = _connection.CallAsync(method, parameters);
            turn.Enter();
            return await call.WaitAsync(requester.Stopping).ConfigureAwait(false);
        }
        finally
        {
            _requests.Release();
        }
    }

    /// <summary>The answer as the patron knows its request.</summary>
    private static TorrentAnswer Answer(MessageDto message, PendingAnswer pending, string method) =>
        message.ToMessage() is TorrentAnswer answer
            ? answer with { CorrelationId = pending.Id }
            : throw new TorrentException(ClientErrors.NotUnderstood(method));
}
