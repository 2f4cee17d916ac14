using System.Buffers;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Receives a piece's hash.</summary>
/// <param name="piece">Index of the piece.</param>
/// <param name="hash">Its hash.</param>
internal delegate void PieceHashed(int piece, ReadOnlySpan<byte> hash);

/// <summary>Hashes pieces on disk, on all disk threads at once.</summary>
/// <remarks>Each thread takes the next piece and hashes it in slices, between which other jobs get their turn.</remarks>
/// <param name="storage">The torrent's files.</param>
/// <param name="workers">The disk threads.</param>
/// <param name="begin">Starts the hash of a piece. Called on several disk threads at once.</param>
/// <param name="time">The clock for measuring reads and hashing; null means the system's.</param>
internal sealed class PieceHasher(TorrentStorage storage, DiskWorkers workers, Func<int, PieceHash> begin, TimeProvider? time = null)
{
    /// <summary>Bytes per read: enough for a disk, small enough for a processor's cache.</summary>
    private const int ChunkBytes = 256 << 10;

    /// <summary>Bytes hashed before others get their turn: a few milliseconds' worth.</summary>
    private const int SliceBytes = 4 << 20;

    /// <summary>Hashes pieces. Their files must exist and be long enough.</summary>
    /// <param name="pieces">The pieces, in the order to start them.</param>
    /// <param name="onPiece">Receives each hash, on several disk threads at once.</param>
    /// <param name="cancellationToken">Cancels after the slices in progress.</param>
    /// <exception cref="StorageException">A file is missing, too short or cannot be read; hashing has then ended.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task HashAsync(IReadOnlyList<int> pieces, PieceHashed onPiece, CancellationToken cancellationToken)
    {
        if (pieces.Count == 0)
            return Task.CompletedTask;

        int threads = Math.Min(workers.ThreadCount, pieces.Count);
        storage.BeginHashing();
        var run = new Run(storage, workers, begin, time ?? TimeProvider.System, pieces, onPiece, threads, cancellationToken);
        for (int thread = 0; thread < threads; thread++)
            workers.Post(thread, new HashJob(run, thread));
        return run.Task;
    }

    /// <summary>The state that the threads of one call share.</summary>
    private sealed class Run(TorrentStorage storage, DiskWorkers workers, Func<int, PieceHash> begin, TimeProvider time, IReadOnlyList<int> pieces,
        PieceHashed onPiece, int threads, CancellationToken cancellationToken) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private byte[]? _hashOfZeros;
        private int _next = -1;
        private readonly int _many = PieceHashGroup.Count * threads;
        private int _threadsLeft = threads;
        private Exception? _failure;

        public TorrentStorage Storage => storage;

        public DiskWorkers Workers => workers;

        public TimeProvider Time => time;

        public PieceHashed OnPiece => onPiece;

        public bool IsOver => cancellationToken.IsCancellationRequested || Volatile.Read(ref _failure) is not null;

        /// <summary>Whether so many pieces are left that each thread can take several.</summary>
        public bool HasMany => pieces.Count - Volatile.Read(ref _next) > _many;

        public int NextPiece()
        {
            int next = Interlocked.Increment(ref _next);
            return next < pieces.Count ? pieces[next] : -1;
        }

        public PieceHash Begin(int piece) => begin(piece);

        /// <summary>
        /// The hash of a piece that is all hole. Computed once for pieces of full length (or twice in a race); but a v2 piece's
        /// hash covers only the bytes of its file.
        /// </summary>
        public ReadOnlySpan<byte> HashOfZeros(int piece)
        {
            int count = storage.Layout.PieceSize(piece);
            return storage.Layout.IsWithinFile(piece) ? _hashOfZeros ??= HashZeros(piece, count) : HashZeros(piece, count);
        }

        public void Fail(Exception e) => Interlocked.CompareExchange(ref _failure, e, null);

        public void EndThread()
        {
            if (Interlocked.Decrement(ref _threadsLeft) > 0)
                return;
            storage.EndHashing();
            if (_failure is not null)
                SetException(_failure);
            else if (cancellationToken.IsCancellationRequested)
                SetCanceled(cancellationToken);
            else
                SetResult();
        }

        private byte[] HashZeros(int piece, int count)
        {
            using PieceHash hash = begin(piece);
            byte[] zeros = new byte[Math.Min(count, ChunkBytes)];
            for (int left = count; left > 0; left -= zeros.Length)
                hash.Append(zeros.AsSpan(0, Math.Min(left, zeros.Length)));
            byte[] digest = new byte[hash.Length];
            hash.End(digest);
            return digest;
        }
    }

    /// <summary>The work of one thread, one slice at a time.</summary>
    /// <remarks>
    /// Pieces are hashed one by one, in disk order, or several side by side, a block of each at a time. The latter is faster if
    /// hashing is the bottleneck, and slower if reading is: a disk would have to seek.
    /// </remarks>
    private sealed class HashJob(Run run, int affinity) : IDiskJob
    {
        private readonly List<int> _taken = [];
        private int[] _pieces = [];
        private PieceHash? _hash;
        private int _done;
        private long _reading;
        private long _hashing;
        private bool _cannotGroup;

        public void Execute()
        {
            // Rented only for the slice: many torrents may be waiting for their turn.
            byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(ChunkBytes, PieceHashGroup.RowsLength));
            try
            {
                if (HashSlice(buffer))
                {
                    run.Workers.Post(affinity, this);
                    return;
                }
            }
            catch (StorageException e) when (e.IsHeld)
            {
                _ = ContinueLaterAsync();
                return;
            }
#pragma warning disable CA1031 // Whatever it was belongs to the one who awaits the run.
            catch (Exception e)
#pragma warning restore CA1031
            {
                run.Fail(e);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            _hash?.Dispose();
            run.EndThread();
        }

        private async Task ContinueLaterAsync()
        {
            await run.Storage.WaitForHeldAsync().ConfigureAwait(false);
            run.Workers.Post(affinity, this);
        }

        /// <returns>Whether there is more to do.</returns>
        private bool HashSlice(byte[] buffer)
        {
            FileLayout layout = run.Storage.Layout;
            for (int left = SliceBytes; left > 0;)
            {
                if (run.IsOver || (_hash is null && !BeginPieces(layout)))
                    return false;

                int size = layout.PieceSize(_pieces[0]), row = Math.Min(ChunkBytes / _pieces.Length, size - _done);
                int stride = _pieces.Length > 1 ? PieceHashGroup.Stride : row;
                Span<byte> chunk = buffer.AsSpan(0, stride * _pieces.Length);
                long began = run.Time.GetTimestamp();
                for (int i = 0; i < _pieces.Length; i++)
                    run.Storage.Read(layout.PieceOffset(_pieces[i]) + _done, chunk.Slice(i * stride, row));
                long read = run.Time.GetTimestamp();
                _hash!.Append(chunk);
                _reading += read - began;
                _hashing += run.Time.GetTimestamp() - read;
                _done += row;
                left -= row * _pieces.Length;
                if (_done == size)
                    EndPieces();
            }

            return true;
        }

        /// <returns>False if no piece is left.</returns>
        private bool BeginPieces(FileLayout layout)
        {
            // Side by side, hashing takes half the time.
            bool isHashingSlow = _reading * (_pieces.Length > 1 ? 1 : 2) < _hashing;
            int wanted = isHashingSlow && !_cannotGroup && run.HasMany ? PieceHashGroup.Count : 1;
            (_reading, _hashing) = (0, 0);
            while (_taken.Count < wanted && run.NextPiece() is >= 0 and var piece)
            {
                // Already taken, but waiting because another program has locked its file.
                _taken.Add(piece);
                if (!run.Storage.IsHole(layout.PieceOffset(piece), layout.PieceSize(piece)))
                    continue;
                _taken.RemoveAt(_taken.Count - 1);
                run.OnPiece(piece, run.HashOfZeros(piece));
            }

            if (_taken.Count == 0)
                return false;
            PieceHash? group = null;
            if (wanted > 1 && _taken.Count == wanted && _taken.TrueForAll(layout.IsOfWholeBlocks))
            {
                group = PieceHash.SideBySide(_taken.ConvertAll(run.Begin));
                _cannotGroup = group is null;
            }

            int count = group is null ? 1 : wanted;
            _hash = group ?? run.Begin(_taken[0]);
            _pieces = [.. _taken[..count]];
            _taken.RemoveRange(0, count);
            _done = 0;
            return true;
        }

        private void EndPieces()
        {
            Span<byte> digests = stackalloc byte[_hash!.Length];
            _hash.End(digests);
            _hash.Dispose();
            _hash = null;
            int length = digests.Length / _pieces.Length;
            for (int i = 0; i < _pieces.Length; i++)
                run.OnPiece(_pieces[i], digests.Slice(i * length, length));
        }
    }
}
