using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Routing;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Server;

/// <summary>Handles one client, with its own patrons and uploads.</summary>
internal sealed class ClientHandler : IAsyncDisposable
{
    private const int MostPatrons = 64;
    private const int MostName = 100;
    private const int StatusesInPart = 1_000;
    private const int FilesInPart = 5_000;

    private readonly Lock _gate = new(); // taken before that of the service, which creates patrons
    private readonly ServiceHost _host;
    private readonly RpcClient _client;
    private readonly Outbox _outbox;
    private readonly Dictionary<Guid, Patron> _patrons = [];
    private readonly ClientUploads _uploads;
    private TorrentMetainfo? _fetched; // the last one too large for a message, until all of it has been requested
    private Guid? _default;
    private volatile bool _isSubscribed;
    private bool _isClosed;

    /// <summary>Begins to handle the client.</summary>
    public ClientHandler(ServiceHost host, RpcClient client)
    {
        _host = host;
        _client = client;
        _outbox = new Outbox(client.Connection);
        _uploads = new ClientUploads(host.Uploads, client.Peer.User);
        Faults.Watch(_outbox.RunAsync(), "messages to a client");
        Methods = new RpcMethodTable { Refuse = method => MethodAccess.Of(method) <= client.Access ? null : ServerErrors.NotAllowed(method, client) }
            .Add(Contract.Methods.Attach, (attach, _) => new(Attach(attach)))
            .Add(Contract.Methods.Detach, (patron, _) => DetachAsync(patron.Patron))
            .Add(Contract.Methods.Adopt, (adopt, _) => new(Adopt(adopt)))
            .Add(Contract.Methods.Subscribe, (_, _) => SubscribeAsync())
            .Add(Contract.Methods.Flush, (_, cancellation) => FlushAsync(cancellation))
            .Add(Contract.Methods.Upload, (upload, _) => new(Upload(upload)))
            .Add(Contract.Methods.Start, (start, _) => StartAsync(start))
            .Add(Contract.Methods.FetchMetadata, FetchMetadataAsync)
            .Add(Contract.Methods.GetStatuses, (query, _) => new(GetStatuses(query)))
            .Add(Contract.Methods.GetFiles, (query, _) => new(GetFiles(query)))
            .Add(Contract.Methods.GetPeers, (query, _) => new(GetPeers(query)))
            .Add(Contract.Methods.GetClosedPeers, (query, _) => new(GetClosedPeers(query)))
            .Add(Contract.Methods.GetMetainfo, (query, _) => new(GetMetainfo(query)))
            .Add(Contract.Methods.GetSaved, (query, _) => new(Task.Run(() => GetSaved(query))))
            .Add(Contract.Methods.ClientStatus, (_, _) => new(GetClientStatus()))
            .Add(Contract.Methods.Settings, (_, _) => new(Describe()))
            .Add(Contract.Methods.Apply, ApplyAsync)
            .Add(Contract.Methods.Patrons, (_, _) => new(GetPatrons()))
            .Add(Contract.Methods.GetHooks, GetHooksAsync)
            .Add(Contract.Methods.RegisterHook, RegisterHookAsync)
            .Add(Contract.Methods.UnregisterHook, UnregisterHookAsync)
            .Add(Contract.Methods.ServiceInfo, (_, _) => new(ServiceInfoDto.Of(_host.GetInfo())))
            .Add(Contract.Methods.ServiceStop, (stop, cancellation) => StopServiceAsync(stop, cancellation));
        foreach (string name in MethodNames.Commands)
            Methods.Add(Contract.Methods.Command(name), (command, _) => CommandAsync(name, command));
    }

    /// <summary>The connection to the client.</summary>
    public RpcConnection Connection => _client.Connection;

    /// <summary>The methods that the client may call.</summary>
    public RpcMethodTable Methods { get; }

    private TorrentService Service => _host.Service;

    private IEngineView? Engine => ((IPatronBackend)Service).Engine;

    /// <summary>Has the client see the torrents of the engine, where it has subscribed.</summary>
    public void FollowEngine()
    {
        if (!_isSubscribed)
            return;
        bool isNew = _outbox.Follow(Service.Sessions.Current is { Client: not null } session ? session : null);
        if (isNew)
            TellSettings();
    }

    /// <summary>Tells how the service is set, where the client has subscribed.</summary>
    public void TellSettings()
    {
        if (_isSubscribed)
            _outbox.Put(Describe());
    }

    /// <summary>Lets the client's torrents go on without it.</summary>
    public async ValueTask DisposeAsync()
    {
        Patron[] patrons;
        lock (_gate)
        {
            _isClosed = true;
            patrons = [.. _patrons.Values];
            _patrons.Clear();
        }

        _uploads.Dispose();
        Keep(null);
        _outbox.Dispose();
        await Task.WhenAll(patrons.Select(patron => Service.HandOverAsync(patron, _host.Own))).ConfigureAwait(false);
    }

    private static RpcNothing Nothing => RpcNothing.Value;

    private PatronDto Attach(AttachDto attach)
    {
        Guid id = attach.Patron ?? Guid.NewGuid();
        Patron patron = MakePatron(id, attach.Name);
        return new PatronDto { Patron = id, Name = patron.Name };
    }

    private Patron MakePatron(Guid id, string? name)
    {
        lock (_gate)
        {
            if (_isClosed)
                throw new TorrentException(RemoteErrors.Stopped);
            if (_patrons.Count >= MostPatrons)
                throw new TorrentException(ServerErrors.TooManyPatrons(MostPatrons));
            if (Service.Patrons.Any(other => other.Id == id))
                throw new TorrentException(ServerErrors.PatronThere(id));
            name = name is null ? null : DisplayText.Clean(name.Length <= MostName ? name : name[..MostName]);
            Patron patron = Service.CreatePatron(name, id);
            patron.MessageListener = message => _outbox.Put(id, message);
            _patrons.Add(id, patron);
            return patron;
        }
    }

    private Patron PatronOf(Guid? id)
    {
        lock (_gate)
        {
            if ((id ?? _default) is { } known)
                return _patrons.GetValueOrDefault(known) ?? throw new TorrentException(ServerErrors.NoPatron(known));
            _default = Guid.NewGuid();
            return MakePatron(_default.Value, _client.Hello.Program is { Length: > 0 } program ? program : null);
        }
    }

    private async ValueTask<RpcNothing> DetachAsync(Guid id)
    {
        Patron? patron;
        lock (_gate)
        {
            if (!_patrons.Remove(id, out patron))
                throw new TorrentException(ServerErrors.NoPatron(id));
        }

        await Service.HandOverAsync(patron, _host.Own).ConfigureAwait(false);
        return Nothing;
    }

    /// <summary>Transfers torrents that no client owns to the patron, which receives their messages from now on.</summary>
    private AdoptedDto Adopt(AdoptDto adopt)
    {
        Patron patron = PatronOf(adopt.Patron);
        if (adopt.Torrents is { Length: > AdoptDto.MostTorrents } many)
            throw new TorrentException(ServerErrors.TooManyTorrents(many.Length, AdoptDto.MostTorrents));
        if (Service.Sessions.Current is not { Client: not null } session)
            return new AdoptedDto();
        TorrentId[] torrents = [.. (adopt.Torrents ?? []).Select(Wire.ToTorrent).Where(torrent => torrent != default)];
        session.HandOver(_host.Own, patron, torrents);
        return new AdoptedDto { Torrents = Wire.OfList(torrents.Where(torrent => session.Owns(patron, torrent)).ToArray(), Wire.OfTorrent) };
    }

    private async ValueTask<ServiceDto> SubscribeAsync()
    {
        _isSubscribed = true;
        FollowEngine();
        await _outbox.FlushAsync().ConfigureAwait(false);
        return Describe();
    }

    private async ValueTask<RpcNothing> FlushAsync(CancellationToken cancellationToken)
    {
        if (Engine is { } engine)
            await engine.CatchUpAsync(cancellationToken).ConfigureAwait(false);
        await _outbox.FlushAsync().ConfigureAwait(false);
        return Nothing;
    }

    private RpcNothing Upload(UploadDto upload)
    {
        _uploads.Add(upload);
        return Nothing;
    }

    // The order of a patron's requests is settled before the first wait, on the loop that reads.
    private ValueTask<MessageDto> StartAsync(StartDto start)
    {
        Patron patron = PatronOf(start.Patron);
        StartRequest request = start.ToRequest(_uploads.Take(start.Upload), Service.States.Find);

        // Files of clients must not go to the current folder of the service.
        if (request is { Destination: null, SavedDestination: null } && !Path.IsPathFullyQualified(request.CurrentFolder ?? ""))
            throw new TorrentException(ServerErrors.NoDestination);
        return AnswerAsync(patron.StartAsync(request));
    }

    private ValueTask<MessageDto> CommandAsync(string method, CommandDto parameters)
    {
        Patron patron = PatronOf(parameters.Patron);
        TorrentCommand command = parameters.ToCommand(method, id: 0);
        return AnswerAsync(patron.CommandAsync(command.TorrentId, id => command with { CorrelationId = id }));
    }

    private async ValueTask<MessageDto> AnswerAsync(Task<TorrentAnswer> answering)
    {
        TorrentAnswer answer = await answering.ConfigureAwait(false);
        if (answer is TorrentClosed or NewTorrentCreated or TorrentAlreadyDownloading)
            NoteStopped(answer);

        // The statuses must contain the torrent before the client has the answer.
        await _outbox.FlushAsync().ConfigureAwait(false);
        return MessageDto.Of(answer);
    }

    /// <summary>Records stopped torrents, so that the next service does not restore them, before the client has its answer.</summary>
    private void NoteStopped(TorrentAnswer answer)
    {
        try
        {
            Service.States.NoteStopped(answer.TorrentId, answer is TorrentClosed);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            EngineEvents.Log.FaultCaught(answer.TorrentId, "recording a stopped torrent", fault);
        }
    }

    private async ValueTask<MetainfoDto> FetchMetadataAsync(StartDto start, CancellationToken cancellationToken)
    {
        Patron patron = PatronOf(start.Patron);
        TorrentMetainfo metainfo = await patron
            .FetchMetadataAsync(start.ToRequest(_uploads.Take(start.Upload), Service.States.Find), cancellationToken).ConfigureAwait(false);
        if (metainfo.Raw.Length > MessageDto.MostMetainfo && !Keep(metainfo))
            throw new TorrentException(ServerErrors.NoRoom);
        return MetainfoDto.Of(metainfo);
    }

    /// <summary>Keeps a .torrent whose other parts the client will request, instead of the previous one.</summary>
    /// <returns>False if there is no room for it.</returns>
    private bool Keep(TorrentMetainfo? metainfo)
    {
        string user = _client.Peer.User;
        lock (_gate)
        {
            _host.Uploads.Return(user, _fetched?.Raw.Length ?? 0);
            _fetched = null;
            if (metainfo is null || _isClosed || !_host.Uploads.TryTake(user, metainfo.Raw.Length))
                return metainfo is null;
            _fetched = metainfo;
            return true;
        }
    }

    private StatusesDto GetStatuses(QueryDto query)
    {
        if (query.InfoHash is not null)
            return new StatusesDto { Changed = Engine?.GetStatus(TorrentOf(query)) is { } status ? [StatusDto.Of(status)] : null, Total = 1 };
        IReadOnlyList<TorrentStatus> statuses = Engine?.GetStatuses() ?? [];
        return new StatusesDto { Changed = [.. Part(statuses, query, StatusesInPart).Select(StatusDto.Of)], Total = statuses.Count };
    }

    private FilesDto GetFiles(QueryDto query)
    {
        TorrentId torrent = TorrentOf(query);
        IReadOnlyList<FileSnapshot> files = Engine is { } engine && engine.GetStatus(torrent) is not null
            ? engine.GetFiles(torrent)
            : Service.States.Find(torrent)?.ReadFiles() ?? [];
        return new FilesDto { Files = [.. Part(files, query, FilesInPart).Select(FileDto.Of)], Total = files.Count };
    }

    private PeersDto GetPeers(QueryDto query)
    {
        TorrentId torrent = TorrentOf(query);
        return new PeersDto { Peers = Wire.OfList(Engine?.GetPeers(torrent), PeerDto.Of) };
    }

    private ClosedPeersDto GetClosedPeers(QueryDto query)
    {
        TorrentId torrent = TorrentOf(query);
        return new ClosedPeersDto { Peers = Wire.OfList(Engine?.GetClosedPeers(torrent), ClosedPeerDto.Of) };
    }

    /// <summary>Answers when the state is saved: until then only this connection stays.</summary>
    private async ValueTask<RpcNothing> StopServiceAsync(ServiceStopDto stop, CancellationToken cancellationToken)
    {
        await _host.RequestStopAsync(_client.Connection, stop.Restart).WaitAsync(cancellationToken).ConfigureAwait(false);
        return Nothing;
    }

    private MetainfoDto GetMetainfo(QueryDto query)
    {
        TorrentId torrent = TorrentOf(query);
        TorrentMetainfo? fetched;
        lock (_gate)
            fetched = _fetched?.TorrentId == torrent ? _fetched : null;
        MetainfoDto part = MetainfoDto.Of(fetched ?? Engine?.GetMetainfo(torrent) ?? Service.States.ReadMetainfo(torrent), query.Offset);
        if (fetched is not null && query.Offset + part.Metainfo!.Length >= part.Total)
            Keep(null);
        return part;
    }

    private SavedListDto GetSaved(QueryDto query)
    {
        try
        {
            IReadOnlyList<SavedTorrent> saved = query.InfoHash is null
                ? Service.States.Enumerate()
                : Service.States.Find(TorrentOf(query)) is { } one ? [one] : [];
            return new SavedListDto { Torrents = [.. Part(saved, query, StatusesInPart).Select(SavedDto.Of)], Total = saved.Count };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new TorrentException(ContractErrors.StateNotReadable(Service.States.FolderPath, fault.Message), fault);
        }
    }

    private EngineDto GetClientStatus() =>
        new() { Status = Service.GetClientStatus() is { } status ? ClientStatusDto.Of(status) : null };

    private ServiceDto Describe() =>
        new()
        {
            Settings = SettingsDto.Of(Service.Settings),
            Capabilities = Service.Capabilities?.ToString(),
            Scope = _host.Scope.ToString(),
            IsRestoring = _host.IsRestoring,
            Access = _client.Access.ToString(),
        };

    private async ValueTask<AppliedDto> ApplyAsync(SettingsDto settings, CancellationToken cancellationToken)
    {
        ClientSettings changed = settings.Over(Service.Settings.Client, name => _uploads.Take(name)!);
        IReadOnlyList<TorrentError> refused = await Service.ApplyAsync(changed, cancellationToken).ConfigureAwait(false);
        _host.SettingsChanged();
        return new AppliedDto { Refused = ErrorDto.OfList(refused), Settings = SettingsDto.Of(Service.Settings) };
    }

    private PatronsDto GetPatrons() => new()
    {
        Patrons = Wire.OfList(
            Service.Patrons, patron => new PatronDto { Patron = patron.Id, Name = patron.Name, Torrents = patron.OwnStatuses.Count }),
    };

    private async ValueTask<HooksDto> GetHooksAsync(QueryDto query, CancellationToken cancellationToken)
    {
        return HooksDto.Of(await Service.Hooks.GetAsync(cancellationToken).ConfigureAwait(false), query.Offset);
    }

    private async ValueTask<HookWireDto> RegisterHookAsync(HookWireDto hook, CancellationToken cancellationToken)
    {
        return HookWireDto.Of(await Service.Hooks.RegisterAsync(hook.ToNewHook(), cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask<RpcNothing> UnregisterHookAsync(HookNameDto hook, CancellationToken cancellationToken)
    {
        await Service.Hooks.UnregisterAsync(hook.Name ?? "", cancellationToken).ConfigureAwait(false);
        return Nothing;
    }

    private static IEnumerable<T> Part<T>(IReadOnlyList<T> all, QueryDto query, int most) => all.Skip(Math.Max(query.Offset, 0)).Take(most);

    private static TorrentId TorrentOf(QueryDto query)
    {
        TorrentId torrent = Wire.ToTorrent(query.InfoHash);
        return torrent != default ? torrent : throw new TorrentException(ContractErrors.InvalidValue(query.InfoHash ?? "", "an info hash"));
    }
}
