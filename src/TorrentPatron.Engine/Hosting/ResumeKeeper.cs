using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Saves one torrent's resume data: a note for each written piece, and a checkpoint at each change of state, every few seconds
/// while pieces arrive, every minute while other data flows, and rarely while only seeding time passes. It tracks which pieces
/// have not been flushed to the disk yet, and flushes them when there is time.
/// </summary>
/// <param name="store">Where the data is saved.</param>
/// <param name="workers">The disk threads.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Spreads the saves of idle torrents over time.</param>
/// <param name="warningChanged">Called when <see cref="Warning"/> has changed, on any thread without a lock.</param>
internal sealed class ResumeKeeper(
    IResumeStore store, DiskWorkers workers, TimeProvider time, Random random, Action<TorrentError?> warningChanged) : IAsyncDisposable
{
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TotalsInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Seeding time alone is saved when it has grown by a tenth, but at most once an hour: otherwise ten thousand idle seeds
    /// would keep a disk busy for little benefit. A crash loses at most that much seeding time.
    /// </summary>
    private static readonly TimeSpan LeastSeeding = TimeSpan.FromHours(1);
    private const double SeedingShare = 0.1;

    private readonly SemaphoreSlim _one = new(1, 1);
    private List<int>? _sinceCheckpoint; // null: none
    private TorrentStorage? _storage;
    private Bitfield? _unflushed;
    // Spreads the saves of idle torrents that were started together.
    private readonly double _spread = 1 - (0.5 * random.NextDouble());
    private TransferTotals _saved;
    private Instant _lastCheckpoint = Instant.Now(time);
    private Instant _lastFlush = Instant.Now(time);
    private volatile bool _isDirty;
    private volatile bool _isClosed;

    /// <summary>The error of the last save; null if it succeeded or none was tried.</summary>
    public TorrentError? Warning { get; private set; }

    /// <summary>Called when the metadata is known, so that pieces can be noted.</summary>
    /// <param name="storage">Its files.</param>
    public void Know(TorrentStorage storage) => _storage = storage;

    /// <summary>Loads the saved data, with a warning if it was damaged.</summary>
    public ValueTask<(ResumeData? Data, TorrentError? Warning)> LoadAsync() => workers.ContinueAsync(() =>
    {
        ResumeData? data = store.Load(out TorrentError? warning);
        if (data is not null)
            NoteSaved(data);
        return (data, warning);
    });

    /// <summary>Notes a newly written piece; called by the disk thread that wrote it.</summary>
    public void PieceVerified(int piece)
    {
        lock (this)
        {
            (_unflushed ??= NoPieces()).Set(piece);
            _isDirty = true;
            (_sinceCheckpoint ??= []).Add(piece);
        }

        // A lost note does not mean that the state cannot be saved; the following checkpoint shows that.
        if (!_isClosed)
            store.PieceVerified(piece);
    }

    /// <summary>Marks the state as changed; there is no hurry to save it.</summary>
    public void Touch() => _isDirty = true;

    /// <summary>Whether anything but elapsed time needs saving.</summary>
    /// <param name="totals">The torrent's current totals.</param>
    public bool IsDirty(TransferTotals totals) => _isDirty || totals.HaveMovedSince(Saved);

    /// <summary>Whether a checkpoint is due.</summary>
    /// <param name="totals">The torrent's current totals.</param>
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

    /// <summary>Reads the saved files of stopped torrents, also of earlier runs; skips those that are not saved or run elsewhere.</summary>
    /// <param name="known">The stopped torrents that the engine knows.</param>
    /// <param name="lengths">Lengths of files that others must have, in bytes.</param>
    /// <param name="named">Torrents to read first.</param>
    /// <param name="most">Maximum number of torrents to read.</param>
    public ValueTask<IReadOnlyList<SavedFiles>> FindStoppedAsync(
        IEnumerable<TorrentId> known, IEnumerable<long> lengths, IReadOnlyCollection<TorrentId> named, int most) =>
        workers.ContinueAsync<IReadOnlyList<SavedFiles>>(() =>
        [
            .. known.Concat(store.FindStopped(lengths)).Distinct().OrderBy(torrent => named.Contains(torrent) ? 0 : 1).Take(most)
                .Select(store.FindStopped).OfType<SavedFiles>(),
        ]);

    /// <summary>Saves the metadata of a torrent that was started from a link.</summary>
    public Task SaveMetadataAsync(TorrentMetainfo metainfo) => workers.RunAsync(() => Try(() => store.MetadataReceived(metainfo)));

    /// <summary>Saves everything, one checkpoint at a time; does nothing once the store is closed.</summary>
    /// <param name="make">Builds the data to save; called on the disk thread.</param>
    public Task CheckpointAsync(Func<ResumeData> make) => CheckpointAsync(make, mayContinue: false);

    /// <summary>Saves everything as the last step of a start, on the same disk thread. See <see cref="CheckpointAsync(Func{ResumeData})"/>.</summary>
    /// <param name="make">Builds the data to save; called on the disk thread.</param>
    public Task CheckpointStartAsync(Func<ResumeData> make) => CheckpointAsync(make, mayContinue: true);

    private async Task CheckpointAsync(Func<ResumeData> make, bool mayContinue)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosed)
                return;
            _lastCheckpoint = Instant.Now(time);
            if (mayContinue && DiskWorker.Current is not null)
                Checkpoint(make);
            else
                await workers.RunAsync(() => Checkpoint(make)).ConfigureAwait(false);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Deletes the saved data and closes the store; see <see cref="DisposeAsync"/>.</summary>
    public Task DiscardAsync() => CloseAsync(store.Discard);

    /// <summary>
    /// Closes the store after the checkpoint in progress. From then on nothing touches the state, which another process may own.
    /// The disk threads were drained before, so no piece is noted concurrently.
    /// </summary>
    public ValueTask DisposeAsync() => new(CloseAsync(store.Dispose));

    /// <summary>The totals at the last save.</summary>
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
            // Not disposed: waiting checkpoints may still acquire it and find that there is nothing to do.
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
            // The checkpoint may miss pieces verified while it was made, and it has deleted their notes.
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
            // The next checkpoint retries.
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

    // Retries follow every few seconds and may all fail; report that once.
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
