using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>One torrent's bytes on disk, read and written by their offset in the torrent across file boundaries.</summary>
/// <remarks>
/// Every method blocks on the disk, so call them on disk threads. Thread-safe; concurrent writes to the same bytes leave either
/// version. Files and folders are created when they are first written, at full length and with holes. Padding, and gaps between
/// files, are not on disk: they read as zeros, and writing them does nothing.
/// </remarks>
internal sealed class TorrentStorage : IFileOpener, IDisposable
{
    /// <summary>The file was written in this run.</summary>
    private const int Written = 1;

    /// <summary>The file was written since it was last flushed.</summary>
    private const int Unflushed = 2;

    /// <summary>
    /// The file has been opened for writing since all were closed: if it is missing now, someone has removed it. A new one would
    /// lack what was written before.
    /// </summary>
    private const int Begun = 4;

    /// <summary>The permissions of user, group and others, without the set-id and sticky bits.</summary>
    private const UnixFileMode AllPermissions = (UnixFileMode)0x1FF;

    /// <summary>
    /// Bytes filled with zeros at once on a file system without holes, before others get their turn. Otherwise the system would
    /// fill everything before a distant piece in one call, and block the disk thread.
    /// </summary>
    private const int FillStep = 4 << 20;

    private static readonly byte[] Zeros = new byte[256 << 10];

    private readonly FileHandlePool _pool;
    private readonly DiskSpeed _speed = new();
    private PooledFile[] _files;

    /// <summary>The flags of each file: <see cref="Written"/>, <see cref="Unflushed"/>.</summary>
    private readonly int[] _marks;

    /// <summary>For each file a piece, counted from its first one, that was missing at the last check.</summary>
    private readonly int[] _missing;

    /// <summary>Held while a file is flushed on Windows, if it must be open for writing for that.</summary>
    private readonly Lock _flushing = new();

    /// <summary>Whether each file's bytes are in the parts file.</summary>
    private readonly bool[] _isApart;

    /// <summary>Held during a write, so that its target does not change midway.</summary>
    private readonly Lock _writing = new();
    private readonly CheckedLinks _links;

    /// <summary>Null if the torrent has no links and no file attributes.</summary>
    private readonly AttributeKeeper? _attributes;

    /// <summary>Null until a file is locked.</summary>
    private HeldFiles? _held;

    /// <summary>Whether the file system does not support holes; null until it has been checked.</summary>
    private bool? _isWithoutHoles;

    /// <summary>Null until it is needed.</summary>
    private PartsFile? _parts;
    private volatile bool _isPartsFileUnused;

    /// <summary>Creates a storage; touches nothing on disk.</summary>
    /// <param name="layout">The layout of the files.</param>
    /// <param name="pool">Keeps the files open.</param>
    public TorrentStorage(FileLayout layout, FileHandlePool pool)
    {
        _pool = pool;
        Settle(layout);
        _marks = new int[_files.Length];
        _missing = new int[_files.Length];
        _links = new CheckedLinks(_files.Length);
        _isApart = new bool[_files.Length];
        _attributes = layout.HasLinks || layout.HasAttributes ? new AttributeKeeper() : null;
    }

    /// <summary>The layout of the files.</summary>
    public FileLayout Layout { get; private set; }

    /// <summary>The warning that another program has locked a file, which is being retried; null means none.</summary>
    public TorrentError? HeldWarning => _held?.Warning;

    /// <summary>The warning about links not created and attributes not set; null means none.</summary>
    public TorrentError? AttributeWarning => _attributes?.Warning;

    /// <summary>The files that may be written.</summary>
    public WriteRules Rules { get; set; } = WriteRules.None;

    /// <summary>
    /// The files whose bytes are in the parts file, because they are skipped and do not exist; null means none.
    /// </summary>
    public Bitfield? Apart
    {
        get
        {
            Bitfield? apart = null;
            for (int file = 0; file < _isApart.Length; file++)
            {
                if (IsApart(file))
                    (apart ??= new Bitfield(_isApart.Length)).Set(file);
            }

            return apart;
        }
    }

    private HeldFiles Held => LazyInitializer.EnsureInitialized(ref _held, () => new HeldFiles(_pool.Time));

    private PartsFile Parts => LazyInitializer.EnsureInitialized(ref _parts, () => new PartsFile(Layout, _pool));

    /// <summary>Whether a file's bytes are in the parts file.</summary>
    /// <param name="file">Index of the file.</param>
    public bool IsApart(int file) => Volatile.Read(ref _isApart[file]);

    /// <summary>
    /// Sets the files whose bytes were in the parts file before this run; skipped files that do not exist are added.
    /// </summary>
    /// <param name="saved">Its saved data; null if there is none.</param>
    /// <param name="priorities">Priority of each file; if the count does not match, all are normal.</param>
    /// <param name="stamps">The stamps of the files on disk; see <see cref="Stamps"/>.</param>
    public void BeginApart(Bitfield? saved, IReadOnlyList<FilePriority> priorities, IReadOnlyList<FileStamp?> stamps)
    {
        for (int file = 0; file < _isApart.Length; file++)
        {
            bool isSkipped = priorities.Count == _isApart.Length && priorities[file] == FilePriority.Skip;
            bool wasApart = saved?.Length == _isApart.Length && saved[file];
            Volatile.Write(ref _isApart[file], Layout.Files[file].IsStored && (wasApart || (isSkipped && stamps[file] is null)));
        }
    }

    /// <summary>
    /// Applies the rules for the parts file: bytes of a file that is now wanted move from the parts file to the file itself.
    /// </summary>
    /// <exception cref="StorageException">A write failed; that file, and those after it, are unchanged.</exception>
    public void MoveParts()
    {
        if (Rules.Apart is not { } apart)
            return;
        lock (_writing)
        {
            for (int file = 0; file < _isApart.Length; file++)
            {
                if (apart[file] == IsApart(file))
                    continue;
                // Written since the rules were made, so it exists.
                if (apart[file] && (Volatile.Read(ref _marks[file]) & Written) != 0)
                    continue;
                if (!apart[file])
                    TakeFromParts(file);
                Volatile.Write(ref _isApart[file], apart[file]);
            }

            _isPartsFileUnused = !_isApart.AsSpan().Contains(true);
        }

        EndWriting();
    }

    /// <summary>
    /// Whether a file's bytes in the parts file are also in the file itself, or zeros in their place, and there is at least one.
    /// </summary>
    /// <param name="file">Index of the file.</param>
    public bool AgreesWithParts(int file)
    {
        bool isEqual = false;
        bool isDifferent = false;
        try
        {
            ForEachPart(file, (offset, bytes) =>
            {
                byte[] there = new byte[bytes.Length];
                ReadFile(file, offset - Layout.Files[file].Offset, there);
                bool isSame = bytes.SequenceEqual(there);
                isEqual |= isSame;
                isDifferent |= !isSame && there.AsSpan().ContainsAnyExcept((byte)0);
            });
        }
        catch (StorageException)
        {
            return false;
        }

        return isEqual && !isDifferent;
    }

    /// <summary>
    /// Deletes the parts file if nothing in it is needed; called when it has been saved that no file's bytes are in it.
    /// </summary>
    public void DeleteUnusedParts()
    {
        lock (_writing)
        {
            if (_isPartsFileUnused && (_parts is not null || File.Exists(Layout.PartsPath)))
                Parts.Delete();
            _isPartsFileUnused = false;
        }
    }

    /// <summary>Deletes the parts file, because the torrent is removed.</summary>
    public void DeleteParts() => Parts.Delete();

    /// <summary>
    /// Prepares for writing: checks that the destination can be created and written and has room for the missing data, and
    /// creates the wanted empty files. On failure it leaves nothing behind.
    /// </summary>
    /// <param name="verified">The verified pieces; null if nothing is known, so that data on disk counts as good.</param>
    /// <param name="priorities">Priority of each file; empty means all normal. Skipped files need no room.</param>
    /// <param name="stamps">The stamps of the files on disk; see <see cref="Stamps"/>.</param>
    /// <param name="keepFree">Bytes that must stay free on the volume, 0 or more.</param>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room.</exception>
    public void Prepare(
        Bitfield? verified, IReadOnlyList<FilePriority> priorities, IReadOnlyList<FileStamp?> stamps, long keepFree = 0) =>
        new StoragePreparation(Layout, stamps, IsApart).Run(verified, priorities, keepFree);

    /// <summary>Whether the disk has turned out to be slow. It stays so.</summary>
    public bool IsSlow => _speed.IsSlow;

    /// <summary>Await this before retrying after a failure with <see cref="StorageException.IsHeld"/>.</summary>
    public Task WaitForHeldAsync() => Task.Delay(SharingViolation.Interval, _pool.Time);

    /// <summary>Writes bytes.</summary>
    /// <param name="offset">The offset in the torrent.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="StorageException">The write failed, possibly after some bytes.</exception>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        lock (_writing)
        {
            for (int index = -1; !bytes.IsEmpty;)
            {
                (long end, Location location) = FindLocation(offset, ref index);
                int part = (int)Math.Min(bytes.Length, end - offset);
                if (location == Location.PartsFile)
                    Parts.Write(offset, bytes[..part]);
                else if (location == Location.File)
                    WriteFile(index, offset, bytes[..part]);
                offset += part;
                bytes = bytes[part..];
            }
        }
    }

    /// <summary>Writes bytes from several buffers, with one system call for each file concerned.</summary>
    /// <param name="offset">The offset in the torrent for the first buffer; the others follow without a gap.</param>
    /// <param name="segments">The buffers.</param>
    /// <exception cref="StorageException">The write failed, possibly after some bytes.</exception>
    public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> segments)
    {
        long left = 0;
        for (int i = 0; i < segments.Count; i++)
            left += segments[i].Length;

        var position = new SegmentPosition(segments);
        lock (_writing)
        {
            for (int index = -1; left > 0;)
            {
                (long end, Location location) = FindLocation(offset, ref index);
                long part = Math.Min(left, end - offset);
                IReadOnlyList<ReadOnlyMemory<byte>> buffers = part == left && position.IsAtStart ? segments : position.Take(part);
                if (location == Location.PartsFile)
                    WriteApart(offset, buffers);
                else if (location == Location.File)
                    WriteFile(index, offset, buffers);
                offset += part;
                left -= part;
            }
        }
    }

    /// <summary>Reads bytes to fill a buffer.</summary>
    /// <param name="offset">The offset in the torrent.</param>
    /// <param name="buffer">The buffer.</param>
    /// <exception cref="StorageException">A file is missing, too short or cannot be read.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        for (int index = -1; !buffer.IsEmpty;)
        {
            (long end, Location location) = FindLocation(offset, ref index);
            int part = (int)Math.Min(buffer.Length, end - offset);
            if (location == Location.PartsFile)
                ReadApart(index, offset, buffer[..part]);
            else if (location == Location.File)
                ReadFile(index, offset - Layout.Files[index].Offset, buffer[..part]);
            else
                buffer[..part].Clear();
            offset += part;
            buffer = buffer[part..];
        }
    }

    /// <summary>Reads consecutive bytes into several buffers, usually with one system call.</summary>
    /// <param name="offset">The offset in the torrent.</param>
    /// <param name="buffers">The buffers.</param>
    /// <exception cref="StorageException">A file is missing, too short or cannot be read.</exception>
    public void Read(long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        if (buffers.Count > 1 && TryReadAtOnce(offset, buffers))
            return;
        for (int i = 0; i < buffers.Count; offset += buffers[i++].Length)
            Read(offset, buffers[i].Span);
    }

    /// <summary>Whether a range consists of holes only, so that it is known to be zeros without reading.</summary>
    /// <param name="offset">The offset in the torrent.</param>
    /// <param name="count">Number of bytes.</param>
    /// <exception cref="StorageException">A file is missing or cannot be read.</exception>
    public bool IsHole(long offset, long count)
    {
        for (int index = -1; count > 0;)
        {
            (long end, Location location) = FindLocation(offset, ref index);
            long part = Math.Min(count, end - offset);
            if (location == Location.PartsFile)
                return false;
            if (location == Location.File)
            {
                long begin = offset - Layout.Files[index].Offset;
                OpenFile open = Use(index, write: false);
                try
                {
                    if (SparseFile.NextData(open.Handle, begin) < begin + part)
                        return false;
                }
                finally
                {
                    open.Leave();
                }
            }

            offset += part;
            count -= part;
        }

        return true;
    }

    /// <summary>Length and last write of each file on disk; null if it does not exist, or is never stored.</summary>
    public IReadOnlyList<FileStamp?> Stamps() =>
        [.. Layout.Files.Select(file => file.IsStored ? DiskFile.Stamp(file.FullPath) : null)];

    /// <summary>The files that were written in this run.</summary>
    public Bitfield WrittenFiles()
    {
        var written = new Bitfield(_marks.Length);
        for (int file = 0; file < _marks.Length; file++)
        {
            if ((Volatile.Read(ref _marks[file]) & Written) != 0)
                written.Set(file);
        }

        return written;
    }

    /// <summary>Marks an existing file that the torrent continues as written in this run.</summary>
    public void Adopt(int file) => Interlocked.Or(ref _marks[file], Written);

    /// <summary>Marks a file that was created for the torrent by other means as written and unflushed.</summary>
    public void Took(int file) => Interlocked.Or(ref _marks[file], Written | Unflushed);

    /// <summary>The pieces that can be on disk at all, because their files exist and are long enough.</summary>
    /// <param name="stamps">The stamps of the files on disk; see <see cref="Stamps"/>.</param>
    public Bitfield PossiblePieces(IReadOnlyList<FileStamp?> stamps)
    {
        long[] lengths = [.. Layout.Files.Select((file, index) => file.IsStored ? stamps[index]?.Length ?? 0 : file.Length)];
        var possible = new Bitfield(Layout.PieceCount);
        for (int piece = 0; piece < Layout.PieceCount; piece++)
        {
            long end = Layout.PieceOffset(piece) + Layout.PieceSize(piece);
            (int first, int last) = Layout.FilesOfPiece(piece);
            bool isPossible = true;
            for (int index = first; index <= last && isPossible; index++)
            {
                StorageFile file = Layout.Files[index];
                isPossible = IsApart(index) ? Parts.Has(piece) || file.Length == 0 : lengths[index] >= Math.Min(end, file.End) - file.Offset;
            }

            if (isPossible)
                possible.Set(piece);
        }

        return possible;
    }

    /// <summary>Begins hashing: until its end, files behind links may be read, and count as checked.</summary>
    public void BeginHashing() => _links.Begin();

    /// <summary>Ends hashing; see <see cref="BeginHashing"/>.</summary>
    public void EndHashing() => _links.End();

    /// <summary>
    /// The files behind links that cannot be trusted before they are hashed: a link can be changed in a moment.
    /// </summary>
    public IReadOnlyList<int> FindUncheckedLinks()
    {
        var folders = new LinkFreeFolders(Layout);
        var found = new List<int>();
        for (int index = 0; index < _files.Length; index++)
        {
            string path = Layout.Files[index].FullPath;
            bool isBehindLink = Layout.Files[index].IsStored && !IsApart(index)
                && (!folders.Contains(Path.GetDirectoryName(path)!) || GuardedFile.Look(path) is { Kind: FileKind.Link });
            if (isBehindLink && !_links.IsChecked(index, path))
                found.Add(index);
        }

        return found;
    }

    /// <summary>Locates the files, and determines which pieces can be on disk. Nobody may read or write meanwhile.</summary>
    public Bitfield FindPossiblePieces()
    {
        CloseFiles();
        _links.Forget();
        Locate();
        return PossiblePieces(Stamps());
    }

    /// <summary>
    /// The blocks of unfinished pieces that can be on disk at all, because their files exist and are long enough.
    /// </summary>
    /// <param name="noted">The recorded blocks, which may not fit the torrent.</param>
    /// <param name="stamps">The stamps of the files on disk; see <see cref="Stamps"/>.</param>
    public IReadOnlyList<UnfinishedPiece> PossibleBlocks(IReadOnlyList<UnfinishedPiece> noted, IReadOnlyList<FileStamp?> stamps)
    {
        var possible = new List<UnfinishedPiece>();
        foreach (UnfinishedPiece piece in noted)
        {
            if ((uint)piece.Piece >= (uint)Layout.PieceCount
                || piece.Blocks.Length != UnfinishedPiece.CountBlocks(Layout.PieceSize(piece.Piece)))
                continue;
            var there = new Bitfield(piece.Blocks.Length);
            foreach (int block in piece.Blocks.Ones)
            {
                int begin = block * BlockRequest.BlockLength;
                if (IsThere(piece.Piece, begin, Math.Min(BlockRequest.BlockLength, Layout.PieceSize(piece.Piece) - begin), stamps))
                    there.Set(block);
            }

            if (!there.IsEmpty)
                possible.Add(new UnfinishedPiece(piece.Piece, there));
        }

        return possible;
    }

    /// <summary>
    /// Checks that files that should be complete exist: one that was deleted or truncated while open accepts writes silently.
    /// </summary>
    /// <param name="verified">The verified pieces.</param>
    /// <returns>The error for the first bad file; null if all are good.</returns>
    public StorageException? FindLoss(Bitfield verified)
    {
        for (int index = 0; index < Layout.Files.Count; index++)
        {
            StorageFile file = Layout.Files[index];
            (int first, int count) = Layout.PiecesOfFile(index);
            bool isWhole = file.IsStored && count > 0 && !IsApart(index);
            for (int piece = first; piece < first + count && isWhole; piece++)
                isWhole = verified[piece];
            if (!isWhole)
                continue;
            if (DiskFile.Stamp(file.FullPath) is not { } stamp)
                return StorageErrors.Read(new FileNotFoundException(), file.FullPath);
            if (stamp.Length < file.Length)
                return StorageErrors.Short(file.FullPath);
        }

        return null;
    }

    /// <summary>Flushes everything written before the call to the disk.</summary>
    /// <exception cref="StorageException">A flush failed; the file still counts as unflushed.</exception>
    public void Flush()
    {
        _parts?.Flush();
        for (int index = 0; index < _files.Length; index++)
            FlushFile(index);
    }

    /// <summary>
    /// Called when a piece is verified: files that are now complete are closed for writing, so that other programs can open them.
    /// </summary>
    /// <param name="piece">Its index.</param>
    /// <param name="isHere">Returns whether a piece is verified; called for many.</param>
    public void PieceVerified(int piece, Func<int, bool> isHere)
    {
        (int first, int last) = Layout.FilesOfPiece(piece);
        for (int index = first; index <= last; index++)
        {
            if (HasToBeEnded(index) && IsWhole(index, isHere))
            {
                EndWriting(index);
                _attributes?.Finish(Layout, index);
            }
        }
    }

    /// <summary>Sets the attributes of files that were written in this run, and are complete and closed.</summary>
    /// <param name="isHere">Returns whether a piece is verified; called for many.</param>
    public void SetAttributes(Func<int, bool> isHere)
    {
        if (!Layout.HasAttributes)
            return;
        for (int index = 0; index < _files.Length; index++)
        {
            if (Layout.Files[index].HasAttributes && (Volatile.Read(ref _marks[index]) & Written) != 0 && !IsApart(index) && IsWhole(index, isHere))
                _attributes?.Finish(Layout, index);
        }
    }

    /// <summary>Creates the torrent's missing links.</summary>
    /// <param name="isWanted">Returns whether a file is wanted.</param>
    public void MakeLinks(Func<int, bool> isWanted)
    {
        if (Layout.HasLinks)
            _attributes?.MakeLinks(Layout, isWanted, Adopt);
    }

    /// <summary>Closes all files for writing, because nothing more is written for now.</summary>
    public void EndWriting()
    {
        for (int index = 0; index < _files.Length; index++)
        {
            if (HasToBeEnded(index))
                EndWriting(index);
        }

        _parts?.CloseForWriting();
    }

    /// <summary>Closes all files; they are reopened when needed.</summary>
    public void CloseFiles()
    {
        foreach (PooledFile file in _files)
            file.Close();
        _parts?.Close();
        ForgetBegun();
    }

    /// <summary>Switches to a new layout. Nobody may read or write meanwhile, and all files are closed.</summary>
    /// <param name="layout">The same files elsewhere.</param>
    public void Relocate(FileLayout layout)
    {
        foreach (PooledFile file in _files)
            file.CloseForGood();
        _parts?.Dispose();
        ForgetBegun();
        _isWithoutHoles = null;
        Settle(layout);
    }

    /// <summary>
    /// Switches to the files' actual locations; see <see cref="FileLayout.Locate"/>. Nobody may read or write meanwhile.
    /// </summary>
    public void Locate() => GoTo(Layout.Locate());

    /// <summary>Abandons incomplete files at raw paths; see <see cref="FileLayout.LeaveRaw"/>.</summary>
    /// <param name="verified">The verified pieces; those in the files concerned are cleared.</param>
    public void LeaveRaw(Bitfield verified) => GoTo(Layout.LeaveRaw(verified));

    /// <summary>Closes all files for good. Reads and writes in progress finish first.</summary>
    public void Dispose()
    {
        foreach (PooledFile file in _files)
            file.CloseForGood();
        Parts.Dispose();
    }

    private void GoTo(FileLayout layout)
    {
        if (layout != Layout)
            Relocate(layout);
    }

    [MemberNotNull(nameof(Layout), nameof(_files))]
    private void Settle(FileLayout layout)
    {
        Layout = layout;
        _files = [.. layout.Files.Select((_, index) => new PooledFile(this, index))];
        _parts = null;
    }

    private bool IsThere(int piece, int begin, int count, IReadOnlyList<FileStamp?> stamps)
    {
        long offset = Layout.PieceOffset(piece) + begin;
        long end = offset + count;
        for (int index = -1; offset < end;)
        {
            (long partEnd, Location location) = FindLocation(offset, ref index);
            offset = Math.Min(end, partEnd);
            bool isThere = location switch
            {
                Location.PartsFile => Parts.Has(piece),
                Location.File => (stamps[index]?.Length ?? 0) >= offset - Layout.Files[index].Offset,
                _ => true,
            };
            if (!isThere)
                return false;
        }

        return true;
    }

    /// <summary>The storage of the bytes from an offset on.</summary>
    /// <param name="offset">The first byte's offset in the torrent.</param>
    /// <param name="index">See <see cref="FileLayout.Extent"/>.</param>
    /// <returns>The end offset of the bytes stored in the same way, and the way.</returns>
    private (long End, Location Location) FindLocation(long offset, ref int index)
    {
        (long end, bool isGap) = Layout.Extent(offset, ref index);
        Location location = isGap || !Layout.Files[index].IsStored ? Location.Nowhere : IsApart(index) ? Location.PartsFile : Location.File;
        return (end, location);
    }

    private void FlushFile(int index)
    {
        // Opening a file that someone has removed would create it again.
        if ((Interlocked.And(ref _marks[index], ~Unflushed) & Unflushed) == 0 || !File.Exists(Layout.Files[index].FullPath))
            return;
        StorageFile file = Layout.Files[index];
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                using SafeFileHandle readable = GuardedFile.Open(Layout.Destination, file.FullPath, FileMode.Open, FileAccess.Read);
                RandomAccess.FlushToDisk(readable);
                return;
            }

            lock (_flushing)
            {
                using SafeFileHandle writable = GuardedFile.Open(Layout.Destination, file.FullPath, FileMode.Open, FileAccess.Write);
                RandomAccess.FlushToDisk(writable);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Interlocked.Or(ref _marks[index], Unflushed);
            throw StorageErrors.Write(e, file.FullPath);
        }
    }

    // The last data is flushed here on Windows: a later flush would reopen the file for writing when others may use it.
    private bool HasToBeEnded(int index) => _files[index].IsOpenForWriting
        || (OperatingSystem.IsWindows() && (Volatile.Read(ref _marks[index]) & Unflushed) != 0);

    private void EndWriting(int index)
    {
        _files[index].CloseForWriting();
        if (!OperatingSystem.IsWindows())
            return;
        try
        {
            FlushFile(index);
        }
        catch (StorageException)
        {
            // It is retried with the others.
        }

        // A concurrent flush has it open for writing.
        lock (_flushing)
        {
        }
    }

    /// <summary>
    /// Whether all pieces of a file are verified. Called for each of its pieces as it arrives, it checks each about once.
    /// </summary>
    private bool IsWhole(int index, Func<int, bool> isHere)
    {
        (int first, int count) = Layout.PiecesOfFile(index);
        int at = Volatile.Read(ref _missing[index]);
        for (int looks = 0; looks < count; looks++, at = at + 1 == count ? 0 : at + 1)
        {
            if (isHere(first + at))
                continue;
            Volatile.Write(ref _missing[index], at);
            return false;
        }

        return true;
    }

    private void ForgetBegun()
    {
        _held?.Clear();
        for (int index = 0; index < _marks.Length; index++)
            Interlocked.And(ref _marks[index], ~Begun);
    }

    private void WriteFile(int index, long offset, ReadOnlySpan<byte> bytes)
    {
        StorageFile file = Layout.Files[index];
        OpenFile open = UseForWriting(index);
        try
        {
            if (Rules.IsUnproven(index))
                RequireEqual(open.Handle, file, offset, bytes);
            else
                Write(open.Handle, file, offset, bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailed(e, file);
        }
        finally
        {
            open.Leave();
        }
    }

    private void WriteFile(int index, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        StorageFile file = Layout.Files[index];
        OpenFile open = UseForWriting(index);
        try
        {
            if (Rules.IsUnproven(index))
                RequireEqual(open.Handle, file, offset, buffers);
            else
                Write(open.Handle, file, offset, buffers);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw WriteFailed(e, file);
        }
        finally
        {
            open.Leave();
        }
    }

    private void WriteApart(long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        for (int i = 0; i < buffers.Count; offset += buffers[i++].Length)
            Parts.Write(offset, buffers[i].Span);
    }

    private void ReadApart(int index, long offset, Span<byte> buffer)
    {
        if (Parts.TryRead(offset, buffer))
            return;
        // It may have become wanted meanwhile.
        if (IsApart(index))
            throw StorageErrors.Read(new FileNotFoundException(), Layout.PartsPath);
        ReadFile(index, offset - Layout.Files[index].Offset, buffer);
    }

    /// <summary>
    /// Copies a file's bytes from the parts file into the file; a file created for this is deleted again on failure.
    /// </summary>
    private void TakeFromParts(int file)
    {
        StorageFile entry = Layout.Files[file];
        bool wasThere = File.Exists(entry.FullPath);
        try
        {
            SharingViolation.Retry(
                () => ForEachPart(file, (offset, bytes) => WriteFilled(file, offset, bytes)), static fault => fault is StorageException { IsHeld: true });
            // They count as verified, and were flushed before.
            FlushFile(file);
        }
        catch (StorageException) when (!wasThere)
        {
            try
            {
                _files[file].Close();
                Interlocked.And(ref _marks[file], ~Begun);
                GuardedFile.Delete(Layout.Destination, entry.FullPath);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The first failure is the one to report.
            }

            throw;
        }
    }

    /// <summary>Visits a file's bytes in the parts file.</summary>
    /// <param name="file">Index of the file.</param>
    /// <param name="use">
    /// Takes the bytes of a piece that are in the file, some at a time, with their offset in the torrent.
    /// </param>
    private void ForEachPart(int file, SpanAction use)
    {
        const int ChunkBytes = 256 << 10;
        byte[] buffer = new byte[ChunkBytes];
        StorageFile entry = Layout.Files[file];
        (int first, int count) = Layout.PiecesOfFile(file);
        for (int piece = first; piece < first + count; piece++)
        {
            if (!Parts.Has(piece))
                continue;
            long end = Math.Min(entry.End, Layout.PieceOffset(piece) + Layout.PieceSize(piece));
            for (long offset = Math.Max(entry.Offset, Layout.PieceOffset(piece)); offset < end; offset += ChunkBytes)
            {
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(ChunkBytes, end - offset));
                if (Parts.TryRead(offset, part))
                    use(offset, part);
            }
        }
    }

    private void WriteFilled(int index, long offset, ReadOnlySpan<byte> bytes)
    {
        while (true)
        {
            try
            {
                WriteFile(index, offset, bytes);
                return;
            }
            catch (StorageException e) when (e.IsFilling)
            {
                // Continue with the next step.
            }
        }
    }

    private delegate void SpanAction(long offset, ReadOnlySpan<byte> bytes);

    /// <summary>A way of storing bytes.</summary>
    private enum Location
    {
        /// <summary>Not stored: they are zeros.</summary>
        Nowhere,

        /// <summary>In their file.</summary>
        File,

        /// <summary>In the parts file.</summary>
        PartsFile,
    }

    /// <returns>False if they are not all in one file, or could not all be read.</returns>
    private bool TryReadAtOnce(long offset, IReadOnlyList<Memory<byte>> buffers)
    {
        long count = 0;
        for (int i = 0; i < buffers.Count; i++)
            count += buffers[i].Length;
        int index = -1;
        (long end, Location location) = FindLocation(offset, ref index);
        if (location != Location.File || offset + count > end)
            return false;
        StorageFile file = Layout.Files[index];
        OpenFile open = Use(index, write: false);
        try
        {
            long began = _pool.Time.GetTimestamp();
            long read = RandomAccess.Read(open.Handle, buffers, offset - file.Offset);
            Took(began, file, offset - file.Offset, read, isWrite: false);
            return read == count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ReadFailed(e, file);
        }
        finally
        {
            open.Leave();
        }
    }

    /// <summary>Records a completed read or write.</summary>
    private void Took(long began, StorageFile file, long offset, long count, bool isWrite) =>
        _speed.Note(_pool.Transferred?.Invoke(file.FullPath, offset, count, isWrite) ?? _pool.Time.GetElapsedTime(began));

    private void ReadFile(int index, long offset, Span<byte> buffer)
    {
        StorageFile file = Layout.Files[index];
        OpenFile open = Use(index, write: false);
        try
        {
            while (!buffer.IsEmpty)
            {
                long began = _pool.Time.GetTimestamp();
                int read = RandomAccess.Read(open.Handle, buffer, offset);
                if (read == 0)
                    throw StorageErrors.Short(file.FullPath);
                Took(began, file, offset, read, isWrite: false);
                offset += read;
                buffer = buffer[read..];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ReadFailed(e, file);
        }
        finally
        {
            open.Leave();
        }
    }

    private OpenFile UseForWriting(int index)
    {
        Rules.Require(index);
        if (Rules.IsUnproven(index))
            return Use(index, write: false);
        OpenFile open = Use(index, write: true);
        if ((Volatile.Read(ref _marks[index]) & (Written | Unflushed)) != (Written | Unflushed))
            Interlocked.Or(ref _marks[index], Written | Unflushed);
        return open;
    }

    /// <summary>Requires a file of unknown origin to contain the bytes already: it is never changed.</summary>
    private static void RequireEqual(SafeFileHandle handle, StorageFile file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> segments)
    {
        for (int i = 0; i < segments.Count; offset += segments[i++].Length)
            RequireEqual(handle, file, offset, segments[i].Span);
    }

    private static void RequireEqual(SafeFileHandle handle, StorageFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        byte[] there = new byte[bytes.Length];
        int read = 0;
        while (read < there.Length && RandomAccess.Read(handle, there.AsSpan(read), offset - file.Offset + read) is > 0 and var count)
            read += count;
        if (read < there.Length || !bytes.SequenceEqual(there))
            throw StorageErrors.Foreign($"'{file.FullPath}' already exists and differs from the torrent's file.");
    }

    private void Write(SafeFileHandle handle, StorageFile file, long offset, ReadOnlySpan<byte> bytes)
    {
        if (_isWithoutHoles == true)
            Fill(handle, file, offset - file.Offset);
        long began = _pool.Time.GetTimestamp();
        RandomAccess.Write(handle, bytes, offset - file.Offset);
        Took(began, file, offset - file.Offset, bytes.Length, isWrite: true);
    }

    private void Write(SafeFileHandle handle, StorageFile file, long offset, IReadOnlyList<ReadOnlyMemory<byte>> buffers)
    {
        if (_isWithoutHoles == true)
            Fill(handle, file, offset - file.Offset);
        long began = _pool.Time.GetTimestamp();
        RandomAccess.Write(handle, buffers, offset - file.Offset);
        long count = 0;
        for (int i = 0; i < buffers.Count; i++)
            count += buffers[i].Length;
        Took(began, file, offset - file.Offset, count, isWrite: true);
    }

    /// <summary>Fills a file up to an offset, or one step of that.</summary>
    /// <exception cref="StorageException"><see cref="StorageException.IsFilling"/>: there is more to fill.</exception>
    private static void Fill(SafeFileHandle handle, StorageFile file, long end)
    {
        long at = RandomAccess.GetLength(handle);
        for (int left = FillStep; at < end; )
        {
            if (left == 0)
                throw StorageErrors.Filling(file.FullPath);
            int count = (int)Math.Min(Math.Min(Zeros.Length, left), end - at);
            RandomAccess.Write(handle, Zeros.AsSpan(0, count), at);
            at += count;
            left -= count;
        }
    }

    private StorageException WriteFailed(Exception e, StorageFile file) =>
        SharingViolation.Is(e) ? Held.Add(file.FullPath, e) : StorageErrors.Write(e, file.FullPath);

    private StorageException ReadFailed(Exception e, StorageFile file) =>
        SharingViolation.Is(e) ? Held.Add(file.FullPath, e) : StorageErrors.Read(e, file.FullPath);

    private OpenFile Use(int index, bool write) => _pool.Use(_files[index], write);

    /// <inheritdoc/>
    SafeFileHandle IFileOpener.Open(int index, bool write)
    {
        StorageFile file = Layout.Files[index];
        try
        {
            _pool.Opening?.Invoke(file.FullPath);
            SafeFileHandle handle = write ? OpenForWriting(index, file) : OpenForReading(index, file);
            _held?.Remove(file.FullPath);
            return handle;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw write ? WriteFailed(e, file) : ReadFailed(e, file);
        }
    }

    private SafeFileHandle OpenForReading(int index, StorageFile file)
    {
        try
        {
            return GuardedFile.Open(Layout.Destination, file.FullPath, FileMode.Open, FileAccess.Read);
        }
        catch (UnsafeFileException e) when (e.IsLink)
        {
            SafeFileHandle handle = GuardedFile.OpenLinked(file.FullPath);
            if (_links.MayRead(index, GuardedFile.IdentityOf(handle)))
                return handle;
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Replaces a file that has another name (a hard link), perhaps someone's backup, with a copy.</summary>
    private void Unshare(StorageFile file, FileNode shared)
    {
        string copyPath = Path.Join(Path.GetDirectoryName(file.FullPath), $".{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileCopier copier = FileCopier.Begin(file.FullPath, copyPath, Layout.Destination, Layout.Destination, shared.Permissions & AllPermissions))
            {
                while (copier.Step() > 0)
                {
                }

                copier.Finish();
            }

            GuardedFile.Move(Layout.Destination, copyPath, Layout.Destination, file.FullPath, overwrite: true);
        }
        catch
        {
            DeleteCopy(copyPath);
            throw;
        }
    }

    private void DeleteCopy(string path)
    {
        try
        {
            GuardedFile.Delete(Layout.Destination, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The reason why it could not be copied is the better one.
        }
    }

    private SafeFileHandle OpenForWriting(int index, StorageFile file)
    {
        if (file.HasAttributes)
            _attributes?.Writing(index);
        bool isBegun = (Volatile.Read(ref _marks[index]) & Begun) != 0;
        SafeFileHandle handle = isBegun
            ? OpenBegun(file)
            : GuardedFile.OpenOrMake(Layout.Destination, file.FullPath, FileMode.OpenOrCreate, FileAccess.ReadWrite);
        try
        {
            if (GuardedFile.Stat(handle) is { Links: > 1 } shared)
            {
                handle.Dispose();
                Unshare(file, shared);
                handle = GuardedFile.Open(Layout.Destination, file.FullPath, FileMode.Open, FileAccess.ReadWrite);
            }

            _isWithoutHoles ??= !(_pool.KnowsHoles?.Invoke(file.FullPath) ?? SparseFile.AreKnown(handle, file.FullPath));
            long length = RandomAccess.GetLength(handle);
            if (_isWithoutHoles == true)
            {
                // It grows as it is written.
                if (length > file.Length)
                    RandomAccess.SetLength(handle, file.Length);
            }
            else if (isBegun && length < file.Length)
            {
                throw StorageErrors.Short(file.FullPath);
            }
            else if (length != file.Length)
            {
                SparseFile.Allow(handle);
                RandomAccess.SetLength(handle, file.Length);
            }

            Interlocked.Or(ref _marks[index], Begun);
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private SafeFileHandle OpenBegun(StorageFile file)
    {
        try
        {
            return GuardedFile.Open(Layout.Destination, file.FullPath, FileMode.Open, FileAccess.ReadWrite);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw StorageErrors.Read(e, file.FullPath);
        }
    }
}
