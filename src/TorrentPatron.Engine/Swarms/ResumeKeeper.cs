using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Keeps one torrent's resume data: a note for each piece as it is written, a checkpoint every few seconds and at each change
/// of state. Knows which pieces are not known to be on the medium, and flushes them when there is time.
/// </summary>
internal sealed class ResumeKeeper(IResumeStore store, TorrentStorage storage, DiskWorkers workers, int pieceCount, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Lock _gate = new();
    private readonly List<int> _sinceCheckpoint = [];
    private Bitfield? _unflushed;
    private long _lastCheckpoint = time.GetTimestamp();
    private long _lastFlush = time.GetTimestamp();
    private volatile bool _isDirty;
    private volatile bool _isClosed;

    /// <summary>Why the state cannot be saved; null: it can.</summary>
    public TorrentError? Warning { get; private set; }

    /// <summary>What was saved, and what was wrong with it.</summary>
    public Task<(ResumeData? Data, TorrentError? Warning)> LoadAsync() => workers.RunAsync(() =>
    {
        ResumeData? data = store.Load(out TorrentError? warning);
        return (data, warning);
    });

    /// <summary>Notes a piece that has just been written; called by the disk thread that wrote it.</summary>
    public void PieceVerified(int piece)
    {
        lock (_gate)
        {
            (_unflushed ??= new Bitfield(pieceCount)).Set(piece);
            _isDirty = true;
            _sinceCheckpoint.Add(piece);
        }

        Try(() => store.PieceVerified(piece));
    }

    /// <summary>There is something to save, which has time.</summary>
    public void Touch() => _isDirty = true;

    /// <summary>Whether there is something to save.</summary>
    public bool IsDirty => _isDirty;

    /// <summary>Whether a checkpoint is due.</summary>
    public bool IsDue => _isDirty && time.GetElapsedTime(_lastCheckpoint) > CheckpointInterval;

    /// <summary>Saves everything, one checkpoint at a time; nothing once the store has been given back.</summary>
    /// <param name="make">Tells how the torrent stands; called on the disk thread.</param>
    public async Task CheckpointAsync(Func<ResumeData> make)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosed)
                return;
            _lastCheckpoint = time.GetTimestamp();
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
        if (time.GetElapsedTime(_lastFlush) > FlushInterval)
            Flush();
        lock (_gate)
        {
            _isDirty = false;
            _sinceCheckpoint.Clear();
        }

        Try(() =>
        {
            ResumeData data = make();
            lock (_gate)
                data = data with { Unflushed = _unflushed?.Clone() };
            store.Checkpoint(data);
            // A piece verified while the checkpoint was made may be missing in it, and its note has gone with it.
            int[] again;
            lock (_gate)
                again = [.. _sinceCheckpoint];
            foreach (int piece in again)
                store.PieceVerified(piece);
        });
    }

    private void Flush()
    {
        Bitfield? flushed;
        lock (_gate)
        {
            flushed = _unflushed;
            _unflushed = null;
        }

        _lastFlush = time.GetTimestamp();
        if (flushed is null)
            return;
        try
        {
            storage.Flush();
        }
        catch (StorageException)
        {
            lock (_gate)
            {
                _unflushed ??= new Bitfield(pieceCount);
                foreach (int piece in flushed.Ones)
                    _unflushed.Set(piece);
            }
        }
    }

    private void Try(Action save)
    {
        try
        {
            if (!_isClosed)
                save();
            Warning = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next checkpoint tries again.
            lock (_gate)
                _isDirty = true;
            Warning = new TorrentError(
                TorrentErrorId.StateNotWritable, $"The torrent's state cannot be saved: {e.Message}",
                "Make the state folder writable, or choose another one; until then progress may be checked anew after a restart.");
        }
    }
}
