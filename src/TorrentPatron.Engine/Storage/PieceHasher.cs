using System.Buffers;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>Takes a piece's hash.</summary>
/// <param name="piece">Index of the piece.</param>
/// <param name="hash">Its hash.</param>
internal delegate void PieceHashed(int piece, ReadOnlySpan<byte> hash);

/// <summary>Hashes pieces that are on disk, on all disk threads at once.</summary>
/// <remarks>Each thread takes the next piece and hashes it in slices, between which other jobs get their turn.</remarks>
/// <param name="storage">Where the pieces are.</param>
/// <param name="workers">The disk threads.</param>
/// <param name="begin">Begins the hash of a piece. Called on disk threads, several at once.</param>
internal sealed class PieceHasher(TorrentStorage storage, DiskWorkers workers, Func<int, PieceHash> begin)
{
    /// <summary>What is read at once: much for a disk, little enough for a processor's cache.</summary>
    private const int ChunkBytes = 256 << 10;

    /// <summary>What is hashed before others get their turn: a few milliseconds' worth.</summary>
    private const int SliceBytes = 4 << 20;

    /// <summary>Hashes pieces. Their files must be there and long enough.</summary>
    /// <param name="pieces">Which, in the order in which they are begun.</param>
    /// <param name="onPiece">Takes each hash, on a disk thread, of several at once.</param>
    /// <param name="cancellationToken">Ends it after the slices at hand.</param>
    /// <exception cref="StorageException">A file is missing, too short or cannot be read; hashing has ended then.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task HashAsync(IReadOnlyList<int> pieces, PieceHashed onPiece, CancellationToken cancellationToken)
    {
        if (pieces.Count == 0)
            return Task.CompletedTask;

        int lanes = Math.Min(workers.ThreadCount, pieces.Count);
        storage.BeginHashing();
        var run = new Run(storage, workers, begin, pieces, onPiece, lanes, cancellationToken);
        for (int lane = 0; lane < lanes; lane++)
            workers.Post(lane, new Lane(run, lane));
        return run.Task;
    }

    /// <summary>What the lanes of one call share.</summary>
    private sealed class Run(TorrentStorage storage, DiskWorkers workers, Func<int, PieceHash> begin, IReadOnlyList<int> pieces,
        PieceHashed onPiece, int lanes, CancellationToken cancellationToken) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private byte[]? _hashOfZeros;
        private int _next = -1;
        private int _lanesLeft = lanes;
        private Exception? _failure;

        public TorrentStorage Storage => storage;

        public DiskWorkers Workers => workers;

        public PieceHashed OnPiece => onPiece;

        public bool IsOver => cancellationToken.IsCancellationRequested || Volatile.Read(ref _failure) is not null;

        public int NextPiece()
        {
            int next = Interlocked.Increment(ref _next);
            return next < pieces.Count ? pieces[next] : -1;
        }

        public PieceHash Begin(int piece) => begin(piece);

        /// <summary>The hash of a piece that is all hole. Taken once for those of full length, or twice where threads meet.</summary>
        public ReadOnlySpan<byte> HashOfZeros(int piece)
        {
            int count = storage.Layout.PieceSize(piece);
            return count == storage.Layout.PieceLength ? _hashOfZeros ??= HashZeros(piece, count) : HashZeros(piece, count);
        }

        public void Fail(Exception e) => Interlocked.CompareExchange(ref _failure, e, null);

        public void EndLane()
        {
            if (Interlocked.Decrement(ref _lanesLeft) > 0)
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

    /// <summary>What one thread does of it, a slice at a time.</summary>
    private sealed class Lane(Run run, int affinity) : IDiskJob
    {
        private PieceHash? _hash;
        private int _piece = -1;
        private int _next = -1;
        private int _done;

        public void Execute()
        {
            // Held for the slice only: many torrents may wait for their turn.
            byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
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
                _ = GoOnLaterAsync();
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
            run.EndLane();
        }

        private async Task GoOnLaterAsync()
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
                if (run.IsOver)
                    return false;
                if (_piece < 0 && !BeginPiece(layout))
                    return false;
                if (_piece < 0)
                    continue;

                int size = layout.PieceSize(_piece);
                Span<byte> chunk = buffer.AsSpan(0, Math.Min(ChunkBytes, size - _done));
                run.Storage.Read(layout.PieceOffset(_piece) + _done, chunk);
                _hash!.Append(chunk);
                _done += chunk.Length;
                left -= chunk.Length;
                if (_done == size)
                    EndPiece();
            }

            return true;
        }

        /// <returns>False where no piece is left. A piece that is all hole is dealt with at once.</returns>
        private bool BeginPiece(FileLayout layout)
        {
            int piece = _next >= 0 ? _next : run.NextPiece();
            if (piece < 0)
                return false;
            // Kept, for where another program holds its file.
            _next = piece;
            if (run.Storage.IsHole(layout.PieceOffset(piece), layout.PieceSize(piece)))
                run.OnPiece(piece, run.HashOfZeros(piece));
            else
                (_piece, _done, _hash) = (piece, 0, run.Begin(piece));
            _next = -1;
            return true;
        }

        private void EndPiece()
        {
            Span<byte> digest = stackalloc byte[_hash!.Length];
            _hash.End(digest);
            _hash.Dispose();
            run.OnPiece(_piece, digest);
            (_piece, _hash) = (-1, null);
        }
    }
}
