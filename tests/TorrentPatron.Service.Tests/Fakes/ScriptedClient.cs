using System.Collections.Concurrent;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Service.Tests.Fakes;

/// <summary>
/// An engine without a network: answers at once as a real one would, or keeps the commands that <see cref="Hold"/> selects until the test
/// answers them, in any order.
/// </summary>
internal sealed class ScriptedClient : ITorrentClient
{
    private readonly Channel<TorrentMessage> _messages = Channel.CreateUnbounded<TorrentMessage>();
    private readonly ConcurrentDictionary<TorrentId, TorrentStatus> _torrents = new();
    private readonly ConcurrentDictionary<TorrentId, IResumeStore> _stores = new();
    private readonly Lock _gate = new();
    private readonly List<TorrentCommand> _commands = [];
    private readonly Channel<TorrentCommand> _posted = Channel.CreateUnbounded<TorrentCommand>();
    private int _disposals;

    public string Name => "scripted";

    public ClientSettings Settings { get; set; } = new();

    public ChannelReader<TorrentMessage> Messages => _messages.Reader;

    /// <summary>Selects the commands to keep unanswered; none by default.</summary>
    public Predicate<TorrentCommand> Hold { get; set; } = _ => false;

    /// <summary>Selects the starts that fail.</summary>
    public Predicate<CreateNewTorrent> FailStart { get; set; } = _ => false;

    /// <summary>The task that Dispose waits for.</summary>
    public Task DisposeGate { get; set; } = Task.CompletedTask;

    public TaskCompletionSource DisposeBegun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsDisposed { get; private set; }

    public int Disposals => _disposals;

    public IReadOnlyList<TorrentCommand> Commands
    {
        get
        {
            lock (_gate)
                return [.. _commands];
        }
    }

    public void Post(TorrentCommand command)
    {
        lock (_gate)
            _commands.Add(command);
        if (!Hold(command))
            Answer(command);
        _posted.Writer.TryWrite(command);
    }

    /// <summary>The next received command, held or not.</summary>
    public async Task<TorrentCommand> NextAsync() => await _posted.Reader.ReadAsync(TestContext.Current.CancellationToken);

    public void Say(TorrentMessage message) => _messages.Writer.TryWrite(message);

    /// <summary>Makes the engine die.</summary>
    public void Die() => _messages.Writer.TryComplete();

    /// <summary>Changes a torrent's status and publishes it.</summary>
    public void Set(TorrentId torrent, TorrentState state, bool isComplete = false)
    {
        TorrentStatus before = _torrents[torrent];
        TorrentStatus after = before with { State = state, IsComplete = isComplete };
        _torrents[torrent] = after;
        Say(new TorrentStateChanged(torrent, before.State, after));
    }

    public void Answer(TorrentCommand command) => Say(command switch
    {
        CreateNewTorrent create => Create(create),
        CloseTorrent close => Close(close),
        SuspendTorrent suspend => Change(suspend.CorrelationId, suspend.TorrentId, TorrentState.Suspended),
        ResumeTorrent resume => Change(resume.CorrelationId, resume.TorrentId, TorrentState.Downloading),
        RecheckTorrent recheck => Change(recheck.CorrelationId, recheck.TorrentId, null),
        AddSources or SetTorrent or SetFilePriorities or RemoveTrackers or RemoveWebSeeds or AnnounceNow or MoveTorrent =>
            Change(command.CorrelationId, command.TorrentId, null),
        RemoveTorrent remove => Remove(remove),
        _ => throw new InvalidOperationException(),
    });

    public TorrentStatus? GetStatus(TorrentId torrent) => _torrents.GetValueOrDefault(torrent);

    public IReadOnlyList<TorrentStatus> GetStatuses() => [.. _torrents.Values];

    public ClientStatus GetClientStatus() => new() { Engine = Name, Torrents = _torrents.Count };

    public async ValueTask DisposeAsync()
    {
        Interlocked.Increment(ref _disposals);
        DisposeBegun.TrySetResult();
        await DisposeGate;
        foreach (IResumeStore store in _stores.Values)
            store.Dispose();
        IsDisposed = true;
        _messages.Writer.TryComplete();
    }

    private TorrentAnswer Create(CreateNewTorrent create)
    {
        TorrentId torrent = create.TorrentId;
        if (FailStart(create))
        {
            create.ResumeStore.Dispose();
            return new TorrentStartFail(torrent, create.CorrelationId, new TorrentError("DestinationNotWritable", "No.", "Do."));
        }

        var status = new TorrentStatus
        {
            Name = create.Metainfo!.Name,
            InfoHash = torrent.ToString(),
            State = create.Suspended ? TorrentState.Suspended : TorrentState.Downloading,
            Destination = create.Destination,
            Path = create.Destination,
        };
        if (!_torrents.TryAdd(torrent, status))
            return new TorrentAlreadyDownloading(torrent, create.CorrelationId, _torrents[torrent]);
        _stores[torrent] = create.ResumeStore;
        create.ResumeStore.Checkpoint(new ResumeData { Verified = new Bitfield(create.Metainfo!.PieceCount), Destination = create.Destination });
        return new NewTorrentCreated(torrent, create.CorrelationId, status);
    }

    private TorrentAnswer Close(CloseTorrent close)
    {
        if (!_torrents.TryRemove(close.TorrentId, out TorrentStatus? status))
            return NotFound(close.CorrelationId, close.TorrentId);
        _stores.TryRemove(close.TorrentId, out IResumeStore? store);
        store!.Dispose();
        return new TorrentClosed(close.TorrentId, close.CorrelationId, status);
    }

    private TorrentAnswer Remove(RemoveTorrent remove)
    {
        if (!_torrents.TryRemove(remove.TorrentId, out TorrentStatus? status))
            return NotFound(remove.CorrelationId, remove.TorrentId);
        _stores.TryRemove(remove.TorrentId, out IResumeStore? store);
        store!.Discard();
        return new TorrentRemoved(remove.TorrentId, remove.CorrelationId, FilesDeleted: 0, BytesDeleted: 0) { Status = status };
    }

    private TorrentAnswer Change(long id, TorrentId torrent, TorrentState? state)
    {
        if (!_torrents.TryGetValue(torrent, out TorrentStatus? status))
            return NotFound(id, torrent);
        _torrents[torrent] = status = status with { State = state ?? status.State };
        return new CommandDone(torrent, id, status);
    }

    private static CommandFail NotFound(long id, TorrentId torrent) =>
        new(torrent, id, new TorrentError(TorrentErrorId.TorrentNotFound, "Not here.", "Look."));
}
