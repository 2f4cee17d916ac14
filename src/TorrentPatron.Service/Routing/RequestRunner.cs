using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Routing;

/// <summary>Carries a patron's requests out: reads the source, waits for its turn, asks the engine.</summary>
#pragma warning disable CA1001 // A semaphore that nobody waits for by a handle holds nothing.
internal sealed class RequestRunner(TorrentService service, StateFolder states, SourceReader sources)
#pragma warning restore CA1001
{
    /// <summary>Sources read at once: enough to keep a disk busy and to wait for some servers.</summary>
    private const int MostReads = 16;

    private readonly TorrentLanes _lanes = new();
    private readonly SemaphoreSlim _reads = new(MostReads, MostReads);

    /// <summary>Starts a torrent, or joins it where it runs.</summary>
    /// <param name="patron">Who asks.</param>
    /// <param name="request">What to start.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    /// <param name="reading">Gives up reading the source. What has been read is started.</param>
    public async Task<TorrentAnswer> StartAsync(
        Patron patron, StartRequest request, PendingAnswer pending, RequestTurn turn, CancellationToken reading)
    {
        TorrentMetainfo metainfo = await ReadAsync(request, reading).ConfigureAwait(false);
        InfoHash torrent = metainfo.InfoHash;
        pending.Torrent = torrent;
        Check(request, metainfo);
        string destination = Path.GetFullPath(request.Destination ?? Environment.CurrentDirectory);

        using LaneTurn lane = await turn.EnterAsync(_lanes, torrent).ConfigureAwait(false);
        await lane.Ready.WaitAsync(patron.Stopping).ConfigureAwait(false);
        ClientSession session = service.Connect(patron);
        ITorrentClient client = await session.StartedAsync(patron.Stopping).ConfigureAwait(false);
        if (client.GetStatus(torrent) is { State: not TorrentState.Stopped } running)
            return await JoinAsync(session, patron, request, metainfo, pending, running).ConfigureAwait(false);

        ResumeStore store = states.Open(metainfo);
        TorrentAnswer answer = await session.SendAsync(patron, torrent, new CreateNewTorrent(pending.Id, metainfo, destination)
        {
            ResumeStore = store,
            Peers = request.Peers,
            Trackers = request.Trackers,
            FilePriorities = request.FilePriorities,
            Suspended = request.Suspended,
            Recheck = request.Recheck,
            Options = request.Options,
            Selection = request.Selection,
        }).ConfigureAwait(false);

        if (answer is not NewTorrentCreated)
        {
            // Off the reader of the engine's messages: this touches the disk.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            store.Discard();
        }
        else if (patron.IsStopped)
        {
            await session.SendAsync(patron, torrent, new CloseTorrent(service.NextId(), torrent)).ConfigureAwait(false);
        }

        return answer;
    }

    /// <summary>Gives a command to the engine in its torrent's turn.</summary>
    /// <param name="patron">Who asks.</param>
    /// <param name="command">What to do.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    public async Task<TorrentAnswer> CommandAsync(Patron patron, TorrentCommand command, PendingAnswer pending, RequestTurn turn)
    {
        using LaneTurn lane = await turn.EnterAsync(_lanes, pending.Torrent).ConfigureAwait(false);
        await lane.Ready.WaitAsync(patron.Stopping).ConfigureAwait(false);

        // An engine is not made only to say that it has no such torrent.
        if (service.Session is not { IsOver: false } session)
            return pending.Fail(ServiceErrors.NotFound(pending.Torrent));
        await session.StartedAsync(patron.Stopping).ConfigureAwait(false);
        Task<TorrentAnswer> answer = session.SendAsync(patron, pending.Torrent, command);

        // A start must wait for a close, but nobody for the end of a recheck.
        if (command is not (CloseTorrent or RemoveTorrent))
            lane.Dispose();
        return await answer.ConfigureAwait(false);
    }

    /// <summary>Closes what a patron owns, each torrent in its turn, so that who starts it next starts it anew.</summary>
    public async Task CloseOwnedAsync(Patron patron)
    {
        if (service.Session is { Client: not null } session)
        {
            await Task.WhenAll(session.OwnedBy(patron).Select(torrent => CloseAsync(session, patron, torrent)))
                .ConfigureAwait(false);
        }
    }

    private async Task CloseAsync(ClientSession session, Patron patron, InfoHash torrent)
    {
        using LaneTurn lane = _lanes.Enter(torrent);
        await lane.Ready.ConfigureAwait(false);
        if (session.Owns(patron, torrent))
            await session.SendAsync(patron, torrent, new CloseTorrent(service.NextId(), torrent)).ConfigureAwait(false);
    }

    private async Task<TorrentMetainfo> ReadAsync(StartRequest request, CancellationToken reading)
    {
        if (request.Metainfo is not null)
            return request.Metainfo;
        if (request.Source is null)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.UnsupportedSource, "No torrent was given.", "Give a .torrent file, its address or its bytes."));
        }

        await _reads.WaitAsync(reading).ConfigureAwait(false);
        try
        {
            return await sources.ReadAsync(request.Source, reading).ConfigureAwait(false);
        }
        finally
        {
            _reads.Release();
        }
    }

    private static void Check(StartRequest request, TorrentMetainfo metainfo)
    {
        if (metainfo.Version == MetainfoVersion.V2)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.UnsupportedSource,
                $"'{metainfo.Name}' is a torrent of version 2 only, which cannot be downloaded yet.",
                "Use a version 1 or hybrid torrent of the same content."));
        }

        if (request.Destination is { } destination && !Path.IsPathFullyQualified(destination))
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.DestinationNotWritable,
                $"The destination '{DisplayText.Clean(destination)}' is no absolute path.",
                "Give the folder's full path."));
        }

        if (request.FilePriorities.Count != 0 && request.FilePriorities.Count != metainfo.Files.Count)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidTorrent,
                $"Priorities were given for {request.FilePriorities.Count} files, but the torrent has {metainfo.Files.Count}.",
                "Give one priority for each file, or none."));
        }
    }

    /// <summary>Priority of each file as a request has it; null where it says nothing of files.</summary>
    private static IReadOnlyList<FilePriority>? Priorities(StartRequest request, TorrentMetainfo metainfo)
    {
        if (request.FilePriorities.Count > 0)
            return request.FilePriorities;
        if (request.Selection?.Resolve(metainfo) is not { } chosen)
            return null;
        if (chosen.Count == 0)
            return [.. Enumerable.Repeat(FilePriority.Normal, metainfo.Files.Count)];
        return chosen.Any(priority => priority != FilePriority.Skip)
            ? chosen
            : throw new TorrentException(FileSelection.NothingSelected(metainfo));
    }

    /// <summary>The torrent runs already: gives it what is new in the request, and wakes it where it rests.</summary>
    private async Task<TorrentAnswer> JoinAsync(
        ClientSession session, Patron patron, StartRequest request, TorrentMetainfo metainfo, PendingAnswer pending, TorrentStatus running)
    {
        InfoHash torrent = pending.Torrent;
        if (request.Peers.Count + request.Trackers.Count > 0)
            await Ask(new AddSources(service.NextId(), torrent, request.Peers, request.Trackers)).ConfigureAwait(false);
        if (request.Options != TorrentOptions.Unchanged)
            await Ask(new SetTorrent(service.NextId(), torrent, request.Options)).ConfigureAwait(false);
        if (Priorities(request, metainfo) is { } priorities)
            await Ask(new SetFilePriorities(service.NextId(), torrent, priorities)).ConfigureAwait(false);
        if (!request.Suspended && running.State is TorrentState.Suspended or TorrentState.Failed)
            await Ask(new ResumeTorrent(service.NextId(), torrent)).ConfigureAwait(false);
        if (request.Recheck)
            _ = session.SendAsync(patron, torrent, new RecheckTorrent(service.NextId(), torrent));
        return new TorrentAlreadyDownloading(torrent, pending.Id, session.Client?.GetStatus(torrent) ?? running);

        async Task Ask(TorrentCommand command)
        {
            TorrentAnswer answer = await session.SendAsync(patron, torrent, command).ConfigureAwait(false);
            if (answer is CommandFail fail)
                throw new TorrentException(fail.Error);
            running = answer.Status() ?? running;
        }
    }
}
