using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Reuses pieces of a torrent from other files on this machine. Those files are only read; their data counts only when the
/// torrent's own hashes have proven it.
/// </summary>
/// <remarks>
/// A missing file is created at once if the file system can share its bytes (reflink), or gets a second name if a hard link is
/// requested, and is then hashed in place. All other data is read, hashed, and written if it is good.
/// </remarks>
internal sealed class DataReuser
{
    /// <summary>The length above which a piece is read twice: hashed before it is written.</summary>
    private const int LargestBuffer = 16 << 20;

    private readonly TorrentStorage _storage;
    private readonly FileLayout _layout;
    private readonly PieceVerifier _verifier;
    private readonly DiskWorkers _workers;
    private readonly ReuseSources _sources;
    private readonly ReuseMethod _by;
    private readonly CancellationToken _cancellation;
    private readonly DataFile?[] _found;
    private readonly HashSet<int> _taken = [];
    private readonly Bitfield _here;

    /// <summary>Pieces to reuse.</summary>
    private readonly Bitfield _pieces;

    /// <summary>Folders from which files cannot be cloned or linked.</summary>
    private readonly HashSet<string> _cannotPlace = new(StringComparer.Ordinal);

    /// <summary>Creates the object; touches nothing on disk.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files, which nobody else may write meanwhile.</param>
    /// <param name="workers">The disk threads.</param>
    /// <param name="sources">Files that may have its bytes.</param>
    /// <param name="by">The method of reuse.</param>
    /// <param name="here">The verified pieces.</param>
    /// <param name="cancellationToken">Cancels within milliseconds.</param>
    public DataReuser(
        TorrentMetainfo metainfo, TorrentStorage storage, DiskWorkers workers, ReuseSources sources, ReuseMethod by, Bitfield here,
        CancellationToken cancellationToken)
    {
        (_storage, _layout, _workers, _sources, _by, _here, _cancellation) = (storage, storage.Layout, workers, sources, by, here, cancellationToken);
        _verifier = PieceVerifier.For(metainfo).ForFiles();
        _found = new DataFile?[_layout.Files.Count];
        _pieces = new Bitfield(_layout.PieceCount);
    }

    /// <summary>Determines which pieces can be reused.</summary>
    /// <param name="isWanted">Returns whether a file is wanted.</param>
    /// <returns>The pieces.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public Task<Bitfield> FindAsync(Predicate<int> isWanted) => _workers.RunAsync(
        () =>
        {
            Bitfield wanted = WantedPieces(isWanted);
            TakeOwn();
            TakeEqual(wanted);
            var reader = new PieceReader(_layout, _verifier, _cancellation);
            var matcher = new FileMatcher(_layout, reader, _found, _here, file => IsLacking(file, wanted), _sources.CandidatesFor, _cancellation);
            _taken.UnionWith(matcher.FindAlone());
            _taken.UnionWith(matcher.FindTogether());
            foreach (int piece in wanted.Ones)
            {
                if (CanTake(piece))
                    _pieces.Set(piece);
            }

            return _pieces;
        },
        _cancellation);

    /// <summary>Reuses the pieces.</summary>
    /// <param name="onPiece">Called with each piece and whether it is now verified, on several disk threads at once.</param>
    /// <returns>The good pieces.</returns>
    /// <exception cref="StorageException">The torrent's files cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<Bitfield> RunAsync(Action<int, bool> onPiece)
    {
        Bitfield good = await PlaceAsync(onPiece).ConfigureAwait(false);
        var left = new Queue<int>();
        foreach (int piece in _pieces.Ones)
        {
            if (!good[piece])
                left.Enqueue(piece);
        }

        Task<List<int>>[] copies = [.. Enumerable.Range(0, Math.Min(_workers.ThreadCount, left.Count)).Select(_ => CopyAsync(left, onPiece))];
        try
        {
            foreach (List<int> copied in await Task.WhenAll(copies).ConfigureAwait(false))
            {
                foreach (int piece in copied)
                    good.Set(piece);
            }
        }
        finally
        {
            await _workers.RunAsync(_storage.EndWriting).ConfigureAwait(false);
        }

        return good;
    }

    private Bitfield WantedPieces(Predicate<int> isWanted)
    {
        var wanted = new Bitfield(_layout.PieceCount);
        for (int file = 0; file < _found.Length; file++)
        {
            if (!_layout.Files[file].IsStored || !isWanted(file))
                continue;
            (int first, int count) = _layout.PiecesOfFile(file);
            for (int piece = first; piece < first + count; piece++)
            {
                if (!_here[piece])
                    wanted.Set(piece);
            }
        }

        return wanted;
    }

    private void TakeOwn()
    {
        IReadOnlyList<FileStamp?> stamps = _storage.Stamps();
        for (int file = 0; file < _found.Length; file++)
        {
            if (stamps[file] is not null && !_storage.IsApart(file))
                _found[file] = new DataFile(_layout.Destination, _layout.Files[file].FullPath);
        }
    }

    private void TakeEqual(Bitfield wanted)
    {
        for (int file = 0; file < _found.Length; file++)
        {
            if (IsLacking(file, wanted) && _sources.EqualTo(file) is { } equal)
            {
                _found[file] = equal;
                _taken.Add(file);
            }
        }
    }

    /// <summary>Whether a file is still to be found: it has a wanted piece that is missing.</summary>
    private bool IsLacking(int file, Bitfield wanted)
    {
        if (!_layout.Files[file].IsStored || _taken.Contains(file))
            return false;
        (int first, int count) = _layout.PiecesOfFile(file);
        for (int piece = first; piece < first + count; piece++)
        {
            if (wanted[piece])
                return true;
        }

        return false;
    }

    /// <summary>Whether the locations of all of a piece's files are known, and at least one is elsewhere.</summary>
    private bool CanTake(int piece)
    {
        (int first, int last) = _layout.FilesOfPiece(piece);
        bool isTaken = false;
        for (int file = first; file <= last; file++)
        {
            if (_layout.Files[file] is not { IsStored: true, Length: > 0 })
                continue;
            if (_found[file] is null)
                return false;
            isTaken |= _taken.Contains(file);
        }

        return isTaken;
    }

    /// <summary>Creates whole files at once where possible, and hashes them.</summary>
    private async Task<Bitfield> PlaceAsync(Action<int, bool> onPiece)
    {
        List<int> placed = await _workers.RunAsync(() => _taken.Where(TryPlace).ToList(), _cancellation).ConfigureAwait(false);
        if (placed.Count == 0)
            return new Bitfield(_layout.PieceCount);
        Bitfield possible = await _workers.RunAsync(() => _storage.PossiblePieces(_storage.Stamps()), _cancellation).ConfigureAwait(false);
        var toHash = new Bitfield(_layout.PieceCount);
        foreach (int piece in placed.SelectMany(PiecesOf).Where(piece => possible[piece] && _pieces[piece]))
            toHash.Set(piece);
        Bitfield good = await new PieceChecker(_storage, _verifier, _workers).CheckAsync(
            toHash,
            (piece, isGood) =>
            {
                if (isGood && _by == ReuseMethod.Copy)
                    onPiece(piece, true);
            },
            _cancellation).ConfigureAwait(false);
        if (_by == ReuseMethod.Copy)
            return good;
        await _workers.RunAsync(() => placed.ForEach(file => RemoveBadLink(file, toHash, good))).ConfigureAwait(false);
        foreach (int piece in good.Ones)
            onPiece(piece, true);
        return good;
    }

    /// <summary>Removes a hard link to a file that does not match the torrent: its good data is copied instead.</summary>
    private void RemoveBadLink(int file, Bitfield hashed, Bitfield good)
    {
        if (PiecesOf(file).All(piece => !hashed[piece] || good[piece]))
            return;
        _storage.CloseFiles();
        GuardedFile.Delete(_layout.Destination, _layout.Files[file].FullPath);
        foreach (int piece in PiecesOf(file))
            good.Clear(piece);
    }

    private bool TryPlace(int file)
    {
        StorageFile entry = _layout.Files[file];
        DataFile source = _found[file]!;
        if (_storage.IsApart(file) || entry.IsRaw || entry.Length == 0 || _cannotPlace.Contains(source.Top) || GuardedFile.Exists(entry.FullPath))
            return false;
        _cancellation.ThrowIfCancellationRequested();
        try
        {
            _storage.Rules.Require(file);
            bool isPlaced = _by == ReuseMethod.HardLink
                ? GuardedFile.TryHardLink(source.Top, source.Path, _layout.Destination, entry.FullPath)
                : TryClone(source, entry);
            if (isPlaced)
                _storage.Took(file);
            else
                _cannotPlace.Add(source.Top);
            return isPlaced;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StorageException)
        {
            // It is copied instead, and copying reports any error.
            return false;
        }
    }

    private bool TryClone(DataFile source, StorageFile entry)
    {
        if (!FileCloner.IsThere)
            return false;
        using SafeFileHandle from = GuardedFile.Open(source.Top, source.Path, FileMode.Open, FileAccess.Read);
        if (RandomAccess.GetLength(from) != entry.Length)
            return false;
        using SafeFileHandle to = GuardedFile.OpenOrMake(_layout.Destination, entry.FullPath, FileMode.CreateNew, FileAccess.Write);
        if (FileCloner.TryClone(from, to))
            return true;
        GuardedFile.Delete(_layout.Destination, entry.FullPath);
        return false;
    }

    private async Task<List<int>> CopyAsync(Queue<int> left, Action<int, bool> onPiece)
    {
        var copied = new List<int>();
        var reader = new PieceReader(_layout, _verifier, _cancellation);
        while (Next() is { } piece)
        {
            bool isGood = await CopyAsync(reader, piece).ConfigureAwait(false);
            onPiece(piece, isGood);
            if (isGood)
                copied.Add(piece);
        }

        return copied;

        int? Next()
        {
            lock (left)
                return left.TryDequeue(out int next) ? next : null;
        }
    }

    private async Task<bool> CopyAsync(PieceReader reader, int piece)
    {
        while (true)
        {
            try
            {
                return await _workers.RunAsync(() => Copy(reader, piece), _cancellation).ConfigureAwait(false);
            }
            catch (StorageException e) when (e.IsHeld)
            {
                await _storage.WaitForHeldAsync().ConfigureAwait(false);
            }
            catch (StorageException e) when (e.IsFilling)
            {
                // Continue with the next step.
            }
        }
    }

    private bool Copy(PieceReader reader, int piece)
    {
        if (_layout.PieceSize(piece) <= LargestBuffer)
        {
            if (!reader.TryReadWhole(piece, file => _found[file], out ReadOnlySpan<byte> bytes))
                return false;
            _storage.Write(_layout.PieceOffset(piece), bytes);
            return true;
        }

        // The file may change between the two reads, so the written data is hashed too.
        return reader.Matches(piece, file => _found[file])
            && reader.Matches(piece, file => _found[file], (offset, bytes) => _storage.Write(offset, bytes.Span));
    }

    private IEnumerable<int> PiecesOf(int file)
    {
        (int first, int count) = _layout.PiecesOfFile(file);
        return Enumerable.Range(first, count);
    }
}
