using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Keeps one torrent's resume data: a note for each piece as it is written, a checkpoint at each change of state, every few seconds
/// while pieces come, each minute while other bytes flow, and seldom while nothing but seeding time passes. Knows which pieces are not
/// known to be on the medium, and flushes them when there is time.
/// </summary>
/// <param name="store">Where it is kept.</param>
/// <param name="workers">The disk threads.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the saving of idle torrents over time.</param>
/// <param name="warningChanged">Called when <see cref="Warning"/> has changed, on any thread without a lock.</param>
internal sealed class ResumeKeeper(
    IResumeStore store, DiskWorkers workers, TimeProvider time, Random random, Action<TorrentError?> warningChanged) : IAsyncDisposable
{
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TotalsInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Seeding time alone is saved when it has grown by a tenth, but not before an hour is over: ten thousand idle seeds would else
    /// keep a disk busy with what hardly matters. A crash loses so much of it at most.
    /// </summary>
    private static readonly TimeSpan LeastSeeding = TimeSpan.FromHours(1);
    private const double SeedingShare = 0.1;

    private readonly SemaphoreSlim _one = new(1, 1);
    private List<int>? _sinceCheckpoint; // null: none
    private TorrentStorage? _storage;
    private Bitfield? _unflushed;
    // Idle torrents that were started together are not saved together.
    private readonly double _spread = 1 - (0.5 * random.NextDouble());
    private TransferTotals _saved;
    private Instant _lastCheckpoint = Instant.Now(time);
    private Instant _lastFlush = Instant.Now(time);
    private volatile bool _isDirty;
    private volatile bool _isClosed;

    /// <summary>Why the state could not be saved when that was last tried; null: it was saved, or not tried yet.</summary>
    public TorrentError? Warning { get; private set; }

    /// <summary>The metadata is here: pieces can be noted from now on.</summary>
    /// <param name="storage">Its files.</param>
    public void Know(TorrentStorage storage) => _storage = storage;

    /// <summary>What was saved, and what was wrong with it.</summary>
    public Task<(ResumeData? Data, TorrentError? Warning)> LoadAsync() => workers.RunAsync(() =>
    {
        ResumeData? data = store.Load(out TorrentError? warning);
        if (data is not null)
            NoteSaved(data);
        return (data, warning);
    });

    /// <summary>Notes a piece that has just been written; called by the disk thread that wrote it.</summary>
    public void PieceVerified(int piece)
    {
        lock (this)
        {
            (_unflushed ??= NoPieces()).Set(piece);
            _isDirty = true;
            (_sinceCheckpoint ??= []).Add(piece);
        }

        // A note that is lost says nothing of the state as a whole; the checkpoint that follows does.
        if (!_isClosed)
            store.PieceVerified(piece);
    }

    /// <summary>There is something to save, which has time.</summary>
    public void Touch() => _isDirty = true;

    /// <summary>Whether there is something to save that more than the time has changed.</summary>
    /// <param name="totals">The torrent's totals now.</param>
    public bool IsDirty(TransferTotals totals) => _isDirty || totals.HaveMovedSince(Saved);

    /// <summary>Whether a checkpoint is due.</summary>
    /// <param name="totals">The torrent's totals now.</param>
    public bool IsDue(TransferTotals totals)
    {
        TimeSpan age = Instant.Now(time) - _lastCheckpoint;
        if (_isDirty)
            return age > CheckpointInterval;
        TransferTotals saved = Saved;
        if (totals.HaveMovedSince(saved))
            return age > TotalsInterval;
        TimeSpan enough = saved.Seeding * SeedingShare;
        return totals.Seeding - saved.Seeding > (enough > LeastSeeding ? enough : LeastSeeding) * _spread;
    }

    /// <summary>Saves what is in a torrent that was started by a link.</summary>
    public Task SaveMetadataAsync(TorrentMetainfo metainfo) => workers.RunAsync(() => Try(() => store.MetadataReceived(metainfo)));

    /// <summary>Saves everything, one checkpoint at a time; nothing once the store has been given back.</summary>
    /// <param name="make">Tells how the torrent stands; called on the disk thread.</param>
    public async Task CheckpointAsync(Func<ResumeData> make)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosed)
                return;
            _lastCheckpoint = Instant.Now(time);
            await workers.RunAsync(() => Checkpoint(make)).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Deletes what is saved, and gives the store back; see <see cref="DisposeAsync"/>.</summary>
    public Task DiscardAsync() => CloseAsync(store.Discard);

    /// <summary>
    /// Gives the store back, after the checkpoint under way; from then on nothing touches the state, which another process may
    /// have. The disk threads have been drained before: no piece is noted beside this.
    /// </summary>
    public ValueTask DisposeAsync() => new(CloseAsync(store.Dispose));

    /// <summary>The totals as they were last saved.</summary>
    private TransferTotals Saved
    {
        get
        {
            lock (this)
                return _saved;
        }
    }

    private async Task CloseAsync(Action close)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosed)
                return;
            _isClosed = true;
            await workers.RunAsync(close).ConfigureAwait(false);
        }
        finally
        {
            // Not disposed: checkpoints may still wait for it, to find that there is nothing to do.
            _one.Release();
        }
    }

    private void Checkpoint(Func<ResumeData> make)
    {
        if (Instant.Now(time) - _lastFlush > FlushInterval)
            Flush();
        lock (this)
        {
            _isDirty = false;
            _sinceCheckpoint = null;
        }

        Try(() =>
        {
            ResumeData data = make();
            lock (this)
                data = data with { Unflushed = _unflushed?.Clone() };
            store.Checkpoint(data);
            NoteSaved(data);
            if (data.Apart is null)
                _storage?.DeleteUnusedParts();
            // A piece verified while the checkpoint was made may be missing in it, and its note has gone with it.
            int[] again;
            lock (this)
                again = [.. _sinceCheckpoint ?? []];
            foreach (int piece in again)
                store.PieceVerified(piece);
            Warn(null);
        });
    }

    private void Try(Action save)
    {
        try
        {
            save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next checkpoint tries again.
            _isDirty = true;
            Warn(HostErrors.StateNotWritable(e));
        }
    }

    private Bitfield NoPieces() => new(_storage!.Layout.PieceCount);

    private void NoteSaved(ResumeData data)
    {
        lock (this)
            _saved = TransferTotals.Of(data);
    }

    // Tries follow one another every few seconds, and each may fail: that is told of once.
    private void Warn(TorrentError? warning)
    {
        bool isNews = warning is null != Warning is null;
        Warning = warning;
        if (isNews)
            warningChanged(warning);
    }

    private void Flush()
    {
        Bitfield? flushed;
        lock (this)
        {
            flushed = _unflushed;
            _unflushed = null;
        }

        _lastFlush = Instant.Now(time);
        if (flushed is null)
            return;
        try
        {
            _storage!.Flush();
        }
        catch (StorageException)
        {
            lock (this)
            {
                _unflushed ??= NoPieces();
                foreach (int piece in flushed.Ones)
                    _unflushed.Set(piece);
            }
        }
    }
}
