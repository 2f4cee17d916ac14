using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>Maps a torrent's bytes to files. Immutable.</summary>
/// <remarks>
/// Files follow one another at given offsets. There may be gaps between them, as in a v2 torrent, whose files start at piece
/// boundaries: bytes in a gap are not on disk and are zeros, like those of padding.
/// </remarks>
internal sealed class FileLayout
{
    private readonly StorageFile[] _files;
    private readonly FileLayout? _safe;
    private readonly bool _endPieces;
    private readonly TorrentId _torrent;
    private readonly string? _partsName;
    private string[]? _folders;

    /// <summary>Creates the layout of a torrent below a folder.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="destination">The folder; made absolute here.</param>
    public FileLayout(TorrentMetainfo metainfo, string destination)
        : this(
            destination, metainfo.Name, metainfo.PieceLength,
            metainfo.Files.Select(file => (
                file.Path, file.RawPath, file.Offset, file.Length, IsStored: !file.IsPadding && !file.IsLink)),
            partsName: null, endPieces: metainfo.Version == MetainfoVersion.V2)
    {
        _torrent = metainfo.TorrentId;
        for (int index = 0; index < _files.Length; index++)
        {
            TorrentFileEntry entry = metainfo.Files[index];
            StorageFile file = _files[index];
            _files[index] = file with
            {
                Entry = entry,
                LinkText = entry.LinkTarget is { } target ? Path.GetRelativePath(Path.GetDirectoryName(file.FullPath)!, FullPath(target)) : null,
            };
            HasLinks |= entry.IsLink;
            HasAttributes |= _files[index].HasAttributes;
        }
    }

    /// <summary>Creates a layout below a folder, each file directly after the previous one.</summary>
    /// <param name="destination">The folder; made absolute here.</param>
    /// <param name="name">The name of the single file or of the top folder.</param>
    /// <param name="pieceLength">Bytes of each piece except the last, 1 or more.</param>
    /// <param name="files">
    /// Their paths relative to the destination with '/' between elements, lengths, and whether they are kept on disk.
    /// </param>
    /// <param name="partsName">The name of the parts file, without its extension.</param>
    /// <exception cref="ArgumentException">A path leads out of the destination.</exception>
    public FileLayout(
        string destination, string name, int pieceLength, IEnumerable<(string Path, long Length, bool IsStored)> files,
        string partsName = ".")
        : this(destination, name, pieceLength, OneBehindTheOther(files), partsName)
    {
    }

    /// <summary>Creates a layout below a folder, each file at its offset.</summary>
    /// <param name="destination">The folder; made absolute here.</param>
    /// <param name="name">The name of the single file or of the top folder.</param>
    /// <param name="pieceLength">Bytes of each piece except the last, 1 or more.</param>
    /// <param name="files">
    /// In order of offset: their paths relative to the destination with '/' between elements, the paths with the torrent's
    /// original names or null, offsets, lengths, and whether they are kept on disk.
    /// </param>
    /// <param name="partsName">The name of the parts file, without its extension; null means the torrent's id.</param>
    /// <param name="endPieces">Whether each file starts a piece, and its last piece ends with it.</param>
    /// <exception cref="ArgumentException">A path leads out of the destination, or files overlap.</exception>
    public FileLayout(
        string destination, string name, int pieceLength,
        IEnumerable<(string Path, string? RawPath, long Offset, long Length, bool IsStored)> files, string? partsName = ".", bool endPieces = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceLength);
        Destination = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        RootPath = FullPath(name);
        _partsName = partsName;
        PieceLength = pieceLength;
        _endPieces = endPieces;

        long end = 0;
        var all = new List<StorageFile>();
        foreach ((string path, string? rawPath, long offset, long length, bool isStored) in files)
        {
            if (offset < end)
                throw new ArgumentException($"The file '{path}' overlaps the file before it.", nameof(files));
            all.Add(new StorageFile(path == name ? RootPath : FullPath(path), offset, length, isStored) { RawPath = rawPath is null ? null : FullPath(rawPath) });
            end = checked(offset + length);
        }

        _files = [.. all];
        TotalSize = end;
        PieceCount = checked((int)((end + pieceLength - 1) / pieceLength));
    }

    /// <summary>The layout of the same files at their safe paths, except that some are at their raw paths.</summary>
    private FileLayout(FileLayout safe, StorageFile[] files)
    {
        (_safe, _files, _endPieces, _torrent) = (safe, files, safe._endPieces, safe._torrent);
        (Destination, TotalSize, PieceLength, PieceCount) = (safe.Destination, safe.TotalSize, safe.PieceLength, safe.PieceCount);
        RootPath = RawRoot() ?? safe.RootPath;
        _partsName = safe._partsName;
        (HasLinks, HasAttributes) = (safe.HasLinks, safe.HasAttributes);
    }

    /// <summary>The folder for the files, as an absolute path. It may be a link; the items below it may not.</summary>
    public string Destination { get; }

    /// <summary>Path of the single file or of the top folder.</summary>
    public string RootPath { get; }

    /// <summary>The path of the parts file; see <see cref="PartsFile"/>. No file of a torrent ever has this name.</summary>
    public string PartsPath => FullPath((_partsName ?? $".{_torrent}") + PathSanitizer.PartsExtension);

    /// <summary>The files, in order of offset.</summary>
    public IReadOnlyList<StorageFile> Files => _files;

    /// <summary>The folders below the destination that contain files or links, each after its parent.</summary>
    public IReadOnlyList<string> Folders => _folders ??= FindFolders();

    /// <summary>The end of the last file: the size of all files in bytes, including padding and gaps.</summary>
    public long TotalSize { get; }

    /// <summary>Bytes of each piece except the last.</summary>
    public int PieceLength { get; }

    /// <summary>Number of pieces.</summary>
    public int PieceCount { get; }

    /// <summary>Whether the torrent has symbolic links.</summary>
    public bool HasLinks { get; }

    /// <summary>Whether any file has attributes to set when it is complete.</summary>
    public bool HasAttributes { get; }

    /// <summary>Whether any file is at its raw path; see <see cref="Locate"/>.</summary>
    public bool HasRaw => _safe is not null;

    /// <summary>
    /// Finds the files on disk: one that is not at its safe path but exists complete under the torrent's original names is read
    /// there. So a torrent can be seeded from where it was created, whatever its files are called. Blocks on the disk.
    /// </summary>
    /// <returns>The layout to use; this one if no file exists under such names.</returns>
    public FileLayout Locate()
    {
        FileLayout safe = _safe ?? this;
        if (!Array.Exists(safe._files, file => file.RawPath is not null))
            return this;
        var taken = new HashSet<string>(safe._files.Select(file => file.FullPath), StringComparer.Ordinal);
        return safe.With(file => file is { IsStored: true, RawPath: { } raw } && !taken.Contains(raw)
            && DiskFile.Stamp(file.FullPath) is null && DiskFile.Stamp(raw)?.Length == file.Length);
    }

    /// <summary>Moves incomplete files from their raw paths to their safe ones, because raw paths are never written.</summary>
    /// <param name="verified">The verified pieces; those in the files concerned are cleared.</param>
    /// <returns>The layout to use; this one if nothing is missing.</returns>
    public FileLayout LeaveRaw(Bitfield verified)
    {
        if (_safe is null)
            return this;
        var left = new HashSet<StorageFile>(ReferenceEqualityComparer.Instance);
        // A cleared piece may also be part of another file.
        while (true)
        {
            int before = left.Count;
            for (int index = 0; index < _files.Length; index++)
            {
                if (!_files[index].IsRaw || left.Contains(_files[index]) || BytesIn(index, verified) == _files[index].Length)
                    continue;
                left.Add(_files[index]);
                (int first, int count) = PiecesOfFile(index);
                for (int piece = first; piece < first + count; piece++)
                    verified.Clear(piece);
            }

            if (left.Count == before)
                break;
        }

        return left.Count == 0 ? this : _safe.With((file, index) => _files[index].IsRaw && !left.Contains(_files[index]));
    }

    /// <summary>The layout of the same files for reading, some of them elsewhere below the destination.</summary>
    /// <param name="paths">The absolute path of each file; null keeps the path of this layout.</param>
    public FileLayout At(IReadOnlyList<string?> paths) =>
        new(_safe ?? this, [.. _files.Select((file, index) => paths[index] is { } path ? file with { FullPath = path } : file)]);

    /// <summary>The offset of a piece among all the torrent's bytes.</summary>
    /// <param name="piece">Index of the piece.</param>
    public long PieceOffset(int piece) => (long)piece * PieceLength;

    /// <summary>Bytes of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    public int PieceSize(int piece)
    {
        long offset = PieceOffset(piece);
        return (int)Math.Min(PieceLength, (_endPieces ? _files[Find(offset)].End : TotalSize) - offset);
    }

    /// <summary>Whether a piece has full length and consists of whole blocks.</summary>
    /// <param name="piece">Index of the piece.</param>
    public bool IsOfWholeBlocks(int piece) => PieceLength % MerkleTree.BlockLength == 0 && PieceSize(piece) == PieceLength;

    /// <summary>Whether a piece has full length and all of its bytes are in one file.</summary>
    /// <param name="piece">Index of the piece.</param>
    public bool IsWithinFile(int piece)
    {
        StorageFile file = _files[Find(PieceOffset(piece))];
        return file.Offset <= PieceOffset(piece) && file.End >= PieceOffset(piece) + PieceLength;
    }

    /// <summary>The file that contains a byte, never an empty one; for a byte in a gap, the next file after it.</summary>
    /// <param name="offset">0 to <see cref="TotalSize"/> - 1.</param>
    /// <returns>Index of the file.</returns>
    public int Find(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, TotalSize);

        // The last file that does not begin after the byte: of several that begin at one offset, only the last has bytes. If it
        // ends before the byte, the byte is in a gap.
        int low = 0, high = _files.Length - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (_files[middle].Offset <= offset)
                low = middle;
            else
                high = middle - 1;
        }

        return _files[low].End > offset ? low : low + 1;
    }

    /// <summary>The files that share bytes with a piece, possibly including empty ones.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <returns>Indices of the first and the last; the last is below the first if the whole piece is in a gap.</returns>
    public (int First, int Last) FilesOfPiece(int piece)
    {
        long offset = PieceOffset(piece);
        int first = Find(offset), last = first - 1;
        long end = offset + PieceSize(piece);
        while (last + 1 < _files.Length && _files[last + 1].Offset < end)
            last++;
        return (first, last);
    }

    /// <summary>The contiguous bytes from an offset on: in one file, or in a gap.</summary>
    /// <param name="offset">0 to <see cref="TotalSize"/> - 1.</param>
    /// <param name="file">
    /// The file with the bytes before these, or -1; on return the file that contains them or, for a gap, the next one.
    /// </param>
    /// <returns>Their end, and whether they are in a gap.</returns>
    public (long End, bool IsGap) Extent(long offset, ref int file)
    {
        if (file < 0)
            file = Find(offset);
        while (_files[file].End <= offset)
            file++;
        bool isGap = _files[file].Offset > offset;
        return (isGap ? _files[file].Offset : _files[file].End, isGap);
    }

    /// <summary>The pieces that share bytes with a file; none for an empty file.</summary>
    /// <param name="file">Index of the file.</param>
    public (int First, int Count) PiecesOfFile(int file)
    {
        StorageFile entry = _files[file];
        int first = (int)(entry.Offset / PieceLength);
        return entry.Length == 0 ? (first, 0) : (first, (int)((entry.End - 1) / PieceLength) - first + 1);
    }

    /// <summary>Bytes of a file that are in a set of pieces.</summary>
    /// <param name="file">Index of the file.</param>
    /// <param name="pieces">The pieces.</param>
    public long BytesIn(int file, Bitfield pieces)
    {
        StorageFile entry = _files[file];
        (int first, int count) = PiecesOfFile(file);
        long bytes = 0;
        for (int piece = first; piece < first + count; piece++)
        {
            if (pieces[piece])
                bytes += Math.Min(PieceOffset(piece) + PieceSize(piece), entry.End) - Math.Max(PieceOffset(piece), entry.Offset);
        }

        return bytes;
    }

    private static IEnumerable<(string Path, string? RawPath, long Offset, long Length, bool IsStored)> OneBehindTheOther(
        IEnumerable<(string Path, long Length, bool IsStored)> files)
    {
        long offset = 0;
        foreach ((string path, long length, bool isStored) in files)
        {
            yield return (path, null, offset, length, isStored);
            offset = checked(offset + length);
        }
    }

    private FileLayout With(Predicate<StorageFile> isRaw) => With((file, _) => isRaw(file));

    private FileLayout With(Func<StorageFile, int, bool> isRaw)
    {
        bool isAny = false;
        var files = new StorageFile[_files.Length];
        for (int index = 0; index < files.Length; index++)
        {
            bool isAtRaw = isRaw(_files[index], index);
            isAny |= isAtRaw;
            files[index] = isAtRaw ? _files[index] with { FullPath = _files[index].RawPath! } : _files[index];
        }

        return isAny ? new FileLayout(this, files) : this;
    }

    /// <summary>The raw top folder or file, if all files are there; else null.</summary>
    private string? RawRoot()
    {
        string? first = Array.Find(_files, file => file.IsStored)?.FullPath;
        int end = first?.IndexOf(Path.DirectorySeparatorChar, Destination.Length + 1) ?? -1;
        string? root = end < 0 ? first : first![..end];
        string? below = root + Path.DirectorySeparatorChar;
        return Array.TrueForAll(_files, file => !file.IsStored || file.FullPath == root || file.FullPath.StartsWith(below, StringComparison.Ordinal)) ? root : null;
    }

    private string[] FindFolders()
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        var folders = new List<string>();
        var missing = new Stack<string>();
        foreach (StorageFile file in _files)
        {
            if (!file.IsStored && file.LinkText is null)
                continue;
            for (string at = Path.GetDirectoryName(file.FullPath)!; at.Length > Destination.Length && known.Add(at); at = Path.GetDirectoryName(at)!)
                missing.Push(at);
            folders.AddRange(missing);
            missing.Clear();
        }

        return [.. folders];
    }

    private string FullPath(string relative)
    {
        string full = Path.GetFullPath(Path.Combine(Destination, relative));
        string folder = Path.EndsInDirectorySeparator(Destination) ? Destination : Destination + Path.DirectorySeparatorChar;
        return full.StartsWith(folder, StringComparison.Ordinal) && full.Length > folder.Length
            ? full
            : throw new ArgumentException($"The path '{relative}' leads out of the destination.", nameof(relative));
    }
}
