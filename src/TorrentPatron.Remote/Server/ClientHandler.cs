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

/// <summary>Answers one client. Its patrons, and what it uploads, are its own.</summary>
internal sealed class ClientHandler : IAsyncDisposable
{
    private const int MostPatrons = 64;
    private const int MostName = 100;
    private const int MostUploads = 4;
    private const int MostUploadName = 64;
    private const int StatusesInPart = 1_000;
    private const int FilesInPart = 5_000;

    private readonly Lock _gate = new(); // above that of the service, which makes patrons
    private readonly ServiceHost _host;
    private readonly RpcClient _client;
    private readonly Outbox _outbox;
    private readonly Dictionary<Guid, Patron> _patrons = [];
    private readonly Dictionary<string, MemoryStream> _uploads = new(StringComparer.Ordinal);
    private Guid? _default;
    private volatile bool _isSubscribed;
    private bool _isClosed;

    /// <summary>Begins to answer.</summary>
    public ClientHandler(ServiceHost host, RpcClient client)
    {
        _host = host;
        _client = client;
        _outbox = new Outbox(client.Connection);
        Faults.Watch(_outbox.RunAsync(), "messages to a client");
        Methods = new RpcMethodTable()
            .Add(Contract.Methods.Attach, (attach, _) => new(Attach(attach)))
            .Add(Contract.Methods.Detach, (patron, _) => DetachAsync(patron.Patron))
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
            .Add(Contract.Methods.Patrons, (_, _) => new(GetPatrons()));
        foreach (string name in MethodNames.Commands)
            Methods.Add(Contract.Methods.Command(name), (command, _) => CommandAsync(name, command));
    }

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
            _uploads.Clear();
        }

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
            patron.NewsListener = message => _outbox.Put(id, message);
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
        byte[] data = upload.Data ?? [];
        lock (_gate)
        {
            if (upload.Upload is not { Length: > 0 and <= MostUploadName } name)
                throw new TorrentException(ServerErrors.BadUpload);
            if (!_uploads.TryGetValue(name, out MemoryStream? before))
            {
                if (_uploads.Count >= MostUploads)
                    throw new TorrentException(ServerErrors.BadUpload);
                _uploads.Add(name, before = new MemoryStream());
            }

            if (before.Length + data.Length > UploadDto.MostBytes)
            {
                _uploads.Remove(name);
                throw new TorrentException(ServerErrors.BadUpload);
            }

            before.Write(data);
        }

        return Nothing;
    }

    private byte[]? TakeUpload(string? name)
    {
        if (name is null)
            return null;
        lock (_gate)
            return _uploads.Remove(name, out MemoryStream? upload) ? upload.ToArray() : throw new TorrentException(ServerErrors.NoUpload);
    }

    // What keeps the order of a patron's requests happens before the first wait, on the loop that reads.
    private ValueTask<MessageDto> StartAsync(StartDto start)
    {
        Patron patron = PatronOf(start.Patron);
        StartRequest request = start.ToRequest(TakeUpload(start.Upload), Service.States.Find);

        // Where the service itself happens to run is no place for anybody's files.
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

        // Whoever has the answer finds what it tells of in the statuses.
        await _outbox.FlushAsync().ConfigureAwait(false);
        return MessageDto.Of(answer);
    }

    /// <summary>Has the next service leave alone what a client has stopped, before the client has its answer.</summary>
    private void NoteStopped(TorrentAnswer answer)
    {
        try
        {
            Service.States.NoteStopped(answer.TorrentId, answer is TorrentClosed);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            EngineEvents.Log.FaultCaught(answer.TorrentId, "note of a stopped torrent", fault);
        }
    }

    private async ValueTask<MetainfoDto> FetchMetadataAsync(StartDto start, CancellationToken cancellationToken)
    {
        Patron patron = PatronOf(start.Patron);
        TorrentMetainfo metainfo = await patron
            .FetchMetadataAsync(start.ToRequest(TakeUpload(start.Upload), Service.States.Find), cancellationToken).ConfigureAwait(false);
        return MetainfoDto.Of(metainfo);
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
        IReadOnlyList<FileSnapshot> files = Engine?.GetFiles(torrent) ?? [];
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

    private MetainfoDto GetMetainfo(QueryDto query)
    {
        TorrentId torrent = TorrentOf(query);
        return MetainfoDto.Of(Engine?.GetMetainfo(torrent) ?? Service.States.ReadMetainfo(torrent));
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
        new() { Settings = SettingsDto.Of(Service.Settings), Capabilities = Service.Capabilities?.ToString() };

    private async ValueTask<AppliedDto> ApplyAsync(SettingsDto settings, CancellationToken cancellationToken)
    {
        ClientSettings changed = settings.Over(Service.Settings.Client);
        IReadOnlyList<TorrentError> refused = await Service.ApplyAsync(changed, cancellationToken).ConfigureAwait(false);
        _host.SettingsChanged();
        return new AppliedDto { Refused = ErrorDto.OfList(refused), Settings = SettingsDto.Of(Service.Settings) };
    }

    private PatronsDto GetPatrons() => new()
    {
        Patrons = Wire.OfList(
            Service.Patrons, patron => new PatronDto { Patron = patron.Id, Name = patron.Name, Torrents = patron.OwnStatuses.Count }),
    };

    private static IEnumerable<T> Part<T>(IReadOnlyList<T> all, QueryDto query, int most) => all.Skip(Math.Max(query.Offset, 0)).Take(most);

    private static TorrentId TorrentOf(QueryDto query)
    {
        TorrentId torrent = Wire.ToTorrent(query.InfoHash);
        return torrent != default ? torrent : throw new TorrentException(ContractErrors.InvalidValue(query.InfoHash ?? "", "an info hash"));
    }
}
