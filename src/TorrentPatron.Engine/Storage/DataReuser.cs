using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Takes over pieces of a torrent that other files of this machine have. Those files are read only; what comes of them counts when the torrent's own
/// hashes have proven it.
/// </summary>
/// <remarks>
/// A file that is not there yet is made at once where the file system can share its bytes (reflink), or gets a second name where that is asked for,
/// and is hashed where it is then. All else is read, hashed, and written where it is good.
/// </remarks>
internal sealed class DataReuser
{
    /// <summary>A longer piece is read twice: hashed before it is written.</summary>
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

    /// <summary>Pieces to take over.</summary>
    private readonly Bitfield _pieces;

    /// <summary>Folders from which no file can be cloned, or linked.</summary>
    private readonly HashSet<string> _cannotPlace = new(StringComparer.Ordinal);

    /// <summary>Makes ready; touches nothing.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="storage">Its files, which nobody else writes meanwhile.</param>
    /// <param name="workers">The disk threads.</param>
    /// <param name="sources">Files that may have its bytes.</param>
    /// <param name="by">How they come to the torrent.</param>
    /// <param name="here">The pieces that are here.</param>
    /// <param name="cancellationToken">Ends it within milliseconds.</param>
    public DataReuser(
        TorrentMetainfo metainfo, TorrentStorage storage, DiskWorkers workers, ReuseSources sources, ReuseMethod by, Bitfield here,
        CancellationToken cancellationToken)
    {
        (_storage, _layout, _workers, _sources, _by, _here, _cancellation) = (storage, storage.Layout, workers, sources, by, here, cancellationToken);
        _verifier = PieceVerifier.For(metainfo).ForFiles();
        _found = new DataFile?[_layout.Files.Count];
        _pieces = new Bitfield(_layout.PieceCount);
    }

    /// <summary>Finds out which pieces can be taken over.</summary>
    /// <param name="isWanted">Whether a file is wanted.</param>
    /// <returns>The pieces.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
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

    /// <summary>Takes them over.</summary>
    /// <param name="onPiece">Is told of each piece and whether it is here and good now, on disk threads, several at once.</param>
    /// <returns>The good ones.</returns>
    /// <exception cref="StorageException">The torrent's files cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<Bitfield> RunAsync(Action<int, bool> onPiece)
    {
        Bitfield good = await PlaceAsync(onPiece).ConfigureAwait(false);
        var left = new Queue<int>();
        foreach (int piece in _pieces.Ones)
        {
            if (!good[piece])
                left.Enqueue(piece);
        }

        Task<List<int>>[] lanes = [.. Enumerable.Range(0, Math.Min(_workers.ThreadCount, left.Count)).Select(_ => CopyAsync(left, onPiece))];
        try
        {
            foreach (List<int> copied in await Task.WhenAll(lanes).ConfigureAwait(false))
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

    /// <summary>Whether a file is still to be found: it has a wanted piece that is not here.</summary>
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

    /// <summary>Whether it is known where each of a piece's files lies, and one of them was found elsewhere.</summary>
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

    /// <summary>Makes whole files at once where that can be done, and hashes them.</summary>
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

    /// <summary>A second name of a file that is not as the torrent has it goes again: a copy is made instead, of what is good.</summary>
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
            // It is copied, and whatever is in the way of that says so.
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
                // The next step.
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

        // The file may change between the two: what was written is hashed too.
        return reader.Matches(piece, file => _found[file])
            && reader.Matches(piece, file => _found[file], (offset, bytes) => _storage.Write(offset, bytes.Span));
    }

    private IEnumerable<int> PiecesOf(int file)
    {
        (int first, int count) = _layout.PiecesOfFile(file);
        return Enumerable.Range(first, count);
    }
}
