using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Routing;

/// <summary>Carries out a patron's requests: reads the source, waits for its turn, sends the command to the engine.</summary>
internal sealed class RequestRunner(
    ClientSessions sessions, StateFolder states, RequestReader reader, DestinationRules destinations, ServiceHooks hooks, TimeProvider time)
{
    private readonly TorrentQueues _queues = new(time);
    private readonly SavedRemoval _savedRemoval = new(states, destinations);

    /// <summary>Starts a torrent, or joins it if it runs.</summary>
    /// <param name="requester">The patron that asks.</param>
    /// <param name="request">The torrent and its options.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    /// <param name="reading">Cancels the reading of the source. A torrent whose source has been read is started.</param>
    public async Task<TorrentAnswer> StartAsync(
        IRequester requester, StartRequest request, PendingAnswer pending, RequestTurn turn, CancellationToken reading)
    {
        StartOrder order = await ReadAsync(request, reading).ConfigureAwait(false);
        TorrentId torrent = Find(order);
        pending.Torrent = torrent;
        order.Check();

        using QueueTurn place = await turn.EnterAsync(_queues, torrent).ConfigureAwait(false);
        await place.Ready.WaitAsync(requester.Stopping).ConfigureAwait(false);
        ClientSession session = sessions.Connect(requester);
        ITorrentClient client = await session.StartedAsync(requester.Stopping).ConfigureAwait(false);
        if (client.GetStatus(torrent) is { State: not TorrentState.Stopped } running)
            return await JoinAsync(session, requester, order, pending, running).ConfigureAwait(false);

        destinations.Check(order.Destination);
        destinations.CheckSources(order.Request.Reuse?.Folders ?? []);

        // The saved metainfo counts: the new source only adds its trackers to it, and metadata that an earlier run has fetched for a link is
        // not fetched again.
        bool isRestored = order.Request is { Metainfo: null, Source: { } source } && states.IsMetainfo(source);
        TorrentMetainfo? saved = isRestored ? order.Metainfo : states.ReadMetainfo(torrent);
        TorrentMetainfo? metainfo = saved ?? order.Metainfo;
        if (metainfo is { HasPieceLayers: false } && order.Metainfo is { HasPieceLayers: true } whole)
            metainfo = whole;
        MagnetLink? magnet = metainfo is null ? states.ReadMagnet(torrent) ?? order.Magnet : order.Magnet;
        if (metainfo is null && !client.Capabilities.HasFlag(ClientCapabilities.Magnets))
            throw new TorrentException(ServiceErrors.NoMagnets(client.Name));
        ResumeStore store = metainfo is null
            ? states.Open(torrent, magnet!)
            : states.Open(torrent, metainfo, isRead: saved is not null && ReferenceEquals(metainfo, saved), order.Request.Saved);
        IReadOnlyList<TorrentError> warnings = isRestored
            ? new StartWarnings(order).OfStart(metainfo, isSaved: true, order.Request.SavedDestination)
            : states.Find(torrent) is { } earlier ? new StartWarnings(order).OfStart(metainfo, isSaved: true, earlier.Destination)
            : new StartWarnings(order).OfStart(metainfo, isSaved: false, savedDestination: null);
        // Before the engine has it: from then on it may complete, and the service may be killed, at any moment.
        if (store.IsNew)
            hooks.Starting(torrent);
        TorrentAnswer answer = await session
            .SendAsync(requester, torrent, order.ToCommand(pending.Id, torrent, metainfo, magnet, store) with { RequestedAt = place.EnteredAt }, warnings).ConfigureAwait(false);
        if (answer is not NewTorrentCreated)
        {
            // Not on the reader of the engine's messages: this touches the disk.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            store.GiveUp();
            if (store.IsNew)
                hooks.Forget(torrent);
        }
        else if (requester.IsStopped)
        {
            await session.SendAsync(requester, torrent, new CloseTorrent(sessions.NextId(), torrent)).ConfigureAwait(false);
        }

        return answer;
    }

    /// <summary>Sends the engine a command in the order of its torrent's commands.</summary>
    /// <param name="requester">The patron that asks.</param>
    /// <param name="command">The command.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    public async Task<TorrentAnswer> CommandAsync(IRequester requester, TorrentCommand command, PendingAnswer pending, RequestTurn turn)
    {
        if (sessions.Current?.Client?.Find(pending.Torrent) is { } same)
            (pending.Torrent, command) = (same, command with { TorrentId = same });
        using QueueTurn place = await turn.EnterAsync(_queues, pending.Torrent).ConfigureAwait(false);
        await place.Ready.WaitAsync(requester.Stopping).ConfigureAwait(false);
        if (command is MoveTorrent { Destination: var destination })
            destinations.Check(destination);

        // Do not create an engine only to answer that it has no such torrent.
        if (sessions.Current is not { IsOver: false } session)
            return pending.Fail(ServiceErrors.NotFound(pending.Torrent));
        await session.StartedAsync(requester.Stopping).ConfigureAwait(false);
        Task<TorrentAnswer> answer = session.SendAsync(requester, pending.Torrent, command);

        // A start must wait for a close, but nothing waits for the end of a recheck.
        if (command is not CloseTorrent)
            place.Dispose();
        return await answer.ConfigureAwait(false);
    }

    /// <summary>Removes a torrent that the engine runs or that is only saved.</summary>
    /// <param name="requester">The patron that asks.</param>
    /// <param name="command">The torrent, and whether to delete the files that belong to it.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    public async Task<TorrentAnswer> RemoveAsync(IRequester requester, RemoveTorrent command, PendingAnswer pending, RequestTurn turn)
    {
        TorrentId torrent = Find(pending.Torrent);
        (pending.Torrent, command) = (torrent, command with { TorrentId = torrent });
        using QueueTurn place = await turn.EnterAsync(_queues, torrent).ConfigureAwait(false);
        await place.Ready.WaitAsync(requester.Stopping).ConfigureAwait(false);
        if (sessions.Current is { IsOver: false } session)
        {
            ITorrentClient client = await session.StartedAsync(requester.Stopping).ConfigureAwait(false);
            if (client.GetStatus(torrent) is not null)
                return await session.SendAsync(requester, torrent, command).ConfigureAwait(false);
        }

        TorrentAnswer answer = _savedRemoval.Remove(torrent, pending.Id, command.DeleteData);
        if (answer is TorrentRemoved)
            hooks.Forget(torrent);
        return answer;
    }

    /// <summary>The metainfo of a request's torrent from the source, the engine or the saved state; otherwise null.</summary>
    /// <param name="request">The source.</param>
    /// <param name="reading">Cancels the reading.</param>
    /// <returns>The metainfo, null if it is not known here; and the request with the content of its source.</returns>
    public async Task<(TorrentMetainfo? Metainfo, StartRequest Request)> FindMetainfoAsync(StartRequest request, CancellationToken reading)
    {
        StartOrder order = await ReadAsync(request, reading).ConfigureAwait(false);
        return (
            order.Metainfo ?? sessions.Current?.Client?.GetMetainfo(Find(order)) ?? states.ReadMetainfo(Find(order)),
            order.Metainfo is null && request.Destination is null && destinations.Default is { } root
                ? request with { Read = order.Read, Destination = root }
                : request with { Read = order.Read });
    }

    /// <summary>
    /// Closes a torrent that a patron has started for its metadata, and deletes its saved state. A torrent that another patron has joined or
    /// restarted by now continues.
    /// </summary>
    public async Task ForgetAsync(Patron requester, TorrentId torrent)
    {
        using QueueTurn place = _queues.Enter(torrent);
        await place.Ready.ConfigureAwait(false);

        // Another patron inherits the torrents of a patron that was stopped because its client has gone.
        if (sessions.Current is { } session && (requester.IsStopped || session.Owns(requester, torrent))
            && session.GetStatus(torrent) is { State: not (TorrentState.Downloading or TorrentState.Seeding) } and not { State: TorrentState.Queued, Metadata: null })
            await session.SendAsync(requester, torrent, new RemoveTorrent(sessions.NextId(), torrent, DeleteData: false)).ConfigureAwait(false);
    }

    /// <summary>Closes a patron's torrents, each in its turn, so that a later start of one starts it from its saved state.</summary>
    public async Task CloseOwnedAsync(IRequester requester)
    {
        if (sessions.Current is { Client: not null } session)
        {
            await Task.WhenAll(session.OwnedBy(requester).Select(torrent => CloseAsync(session, requester, torrent)))
                .ConfigureAwait(false);
        }
    }

    private async Task CloseAsync(ClientSession session, IRequester requester, TorrentId torrent)
    {
        using QueueTurn place = _queues.Enter(torrent);
        await place.Ready.ConfigureAwait(false);
        if (session.Owns(requester, torrent))
            await session.SendAsync(requester, torrent, new CloseTorrent(sessions.NextId(), torrent)).ConfigureAwait(false);
    }

    /// <summary>The id under which an order's torrent runs or is saved.</summary>
    private TorrentId Find(StartOrder order) =>
        order.Request.Source?.Saved is { } saved && states.IsMetainfo(order.Request.Source)
            ? sessions.Current?.Client?.Find(order.TorrentId) ?? saved
            : Find(order.TorrentId);

    /// <summary>The id under which a torrent runs or is saved: for a hybrid it may be the id of a link that names only its other hash.</summary>
    private TorrentId Find(TorrentId torrent) => sessions.Current?.Client?.Find(torrent) ?? states.FindSame(torrent);

    private async Task<StartOrder> ReadAsync(StartRequest request, CancellationToken reading)
    {
        ReadSource read = await reader.ReadAsync(request, reading).ConfigureAwait(false);
        return new StartOrder(request, read.Content, read.NamedPeers);
    }

    /// <summary>Joins a running torrent: adds the new peers and trackers of the request, and resumes it if it is suspended.</summary>
    private async Task<TorrentAnswer> JoinAsync(
        ClientSession session, IRequester requester, StartOrder order, PendingAnswer pending, TorrentStatus running)
    {
        TorrentId torrent = pending.Torrent;
        StartRequest request = order.Request;
        HashSet<Uri> before = [.. running.Trackers.Select(tracker => tracker.Uri)];
        TorrentError? reservation = running.IsPrivate
            ? PrivateTrackers.Refused(
                running.Name, [.. order.Trackers.Concat(order.FoundTrackers).Distinct().Where(tracker => !before.Contains(tracker))])
            : null;
        if (order.ToSources(sessions.NextId(), torrent, running.IsPrivate) is { } sources)
            await Ask(sources).ConfigureAwait(false);
        Uri[] merged = [.. running.Trackers.Select(tracker => tracker.Uri).Where(tracker => !before.Contains(tracker))];
        if (running.Metadata is not null && order.Metainfo is not null)
            await Ask(new GiveMetadata(sessions.NextId(), order.Metainfo) { TorrentId = torrent }).ConfigureAwait(false);
        if (request.Options != TorrentOptions.Unchanged)
            await Ask(new SetTorrent(sessions.NextId(), torrent, request.Options)).ConfigureAwait(false);
        TorrentMetainfo? metainfo = order.Metainfo ?? session.Client?.GetMetainfo(torrent);
        if (metainfo is not null)
        {
            if (order.Priorities(metainfo) is { } priorities)
                await Ask(new SetFilePriorities(sessions.NextId(), torrent, priorities)).ConfigureAwait(false);
        }
        else if (request.Selection is not null)
        {
            throw new TorrentException(ServiceErrors.FilesUnknown(running.Name));
        }

        // A torrent that was started only for its metadata continues when that has arrived.
        bool mayRest = request.Suspended || request.MetadataOnly;
        if (!mayRest && running.State is TorrentState.Suspended or TorrentState.Failed or TorrentState.FetchingMetadata or TorrentState.Queued)
            await Ask(new ResumeTorrent(sessions.NextId(), torrent)).ConfigureAwait(false);
        if (request.Recheck)
            _ = session.SendAsync(requester, torrent, new RecheckTorrent(sessions.NextId(), torrent));
        running = session.Client?.GetStatus(torrent) ?? running;
        return new TorrentAlreadyDownloading(torrent, pending.Id, running)
        {
            MergedTrackers = Array.AsReadOnly(merged),
            Reservation = reservation,
            Warnings = [.. new StartWarnings(order).OfJoin(running, metainfo)],
        };

        async Task Ask(TorrentCommand command)
        {
            TorrentAnswer answer = await session.SendAsync(requester, torrent, command).ConfigureAwait(false);
            if (answer is CommandFail fail)
                throw new TorrentException(fail.Error);
            running = answer.Status() ?? running;
        }
    }
}
