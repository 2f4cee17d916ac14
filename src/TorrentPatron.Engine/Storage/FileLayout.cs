using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>Which of a torrent's bytes lie in which file. Immutable.</summary>
internal sealed class FileLayout
{
    private readonly StorageFile[] _files;
    private readonly FileLayout? _safe;
    private string[]? _folders;

    /// <summary>Lays a torrent out below a folder.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="destination">The folder; made absolute here.</param>
    public FileLayout(TorrentMetainfo metainfo, string destination)
        : this(
            destination, metainfo.Name, metainfo.PieceLength,
            metainfo.Files.Select(file =>
                (file.Path, file.RawPath, file.Length, IsStored: !file.IsPadding && !(file.LinkTarget is not null && file.Length == 0))),
            $".{metainfo.TorrentId}")
    {
    }

    /// <summary>Lays files out below a folder.</summary>
    /// <param name="destination">The folder; made absolute here.</param>
    /// <param name="name">The file's name or, if there are several, that of their top folder.</param>
    /// <param name="pieceLength">Bytes of each piece but the last, 1 or more.</param>
    /// <param name="files">
    /// Their paths relative to the destination with '/' between elements, lengths, and whether they are kept on disk.
    /// </param>
    /// <param name="partsName">What the parts file is called, but for its extension.</param>
    /// <exception cref="ArgumentException">A path leads out of the destination.</exception>
    public FileLayout(
        string destination, string name, int pieceLength, IEnumerable<(string Path, long Length, bool IsStored)> files,
        string partsName = ".")
        : this(destination, name, pieceLength, files.Select(file => (file.Path, (string?)null, file.Length, file.IsStored)), partsName)
    {
    }

    private FileLayout(
        string destination, string name, int pieceLength, IEnumerable<(string Path, string? RawPath, long Length, bool IsStored)> files,
        string partsName)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pieceLength);
        Destination = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        RootPath = FullPath(name);
        PartsPath = FullPath(partsName + PathSanitizer.PartsExtension);
        PieceLength = pieceLength;

        long offset = 0;
        var all = new List<StorageFile>();
        foreach ((string path, string? rawPath, long length, bool isStored) in files)
        {
            all.Add(new StorageFile(FullPath(path), offset, length, isStored) { RawPath = rawPath is null ? null : FullPath(rawPath) });
            offset = checked(offset + length);
        }

        _files = [.. all];
        TotalSize = offset;
        PieceCount = checked((int)((offset + pieceLength - 1) / pieceLength));
    }

    /// <summary>The layout of the same files at paths that are safe, but for some that lie at their raw paths.</summary>
    private FileLayout(FileLayout safe, StorageFile[] files)
    {
        (_safe, _files) = (safe, files);
        (Destination, TotalSize, PieceLength, PieceCount) = (safe.Destination, safe.TotalSize, safe.PieceLength, safe.PieceCount);
        RootPath = RawRoot() ?? safe.RootPath;
        PartsPath = safe.PartsPath;
    }

    /// <summary>The folder below which the files lie, as an absolute path. It may be a link; what is below may not.</summary>
    public string Destination { get; }

    /// <summary>Path of the file or, if there are several, of their top folder.</summary>
    public string RootPath { get; }

    /// <summary>Where bytes of skipped files are kept; see <see cref="PartsFile"/>. No torrent's file is ever called so.</summary>
    public string PartsPath { get; }

    /// <summary>The files, in the order of their bytes.</summary>
    public IReadOnlyList<StorageFile> Files => _files;

    /// <summary>The folders below the destination in which files lie, each behind the one that it is in.</summary>
    public IReadOnlyList<string> Folders => _folders ??= FindFolders();

    /// <summary>Size of all files in bytes, padding included.</summary>
    public long TotalSize { get; }

    /// <summary>Bytes of each piece but the last.</summary>
    public int PieceLength { get; }

    /// <summary>Number of pieces.</summary>
    public int PieceCount { get; }

    /// <summary>Whether some files lie at their raw paths; see <see cref="Locate"/>.</summary>
    public bool HasRaw => _safe is not null;

    /// <summary>
    /// Looks where the files lie: one that is not at its safe path, and is there whole by the very names that the torrent gives, is read
    /// there. So a torrent is seeded from where it was made, whatever its files are called. Blocks on the disk.
    /// </summary>
    /// <returns>The layout to go on with; this one, where nothing is there by such names.</returns>
    public FileLayout Locate()
    {
        FileLayout safe = _safe ?? this;
        if (!Array.Exists(safe._files, file => file.RawPath is not null))
            return this;
        var taken = new HashSet<string>(safe._files.Select(file => file.FullPath), StringComparer.Ordinal);
        return safe.With(file => file is { IsStored: true, RawPath: { } raw } && !taken.Contains(raw)
            && DiskFile.Stamp(file.FullPath) is null && DiskFile.Stamp(raw)?.Length == file.Length);
    }

    /// <summary>
    /// Leaves the raw paths of files of which something is missing, since nothing is written there: they are to be at their safe paths.
    /// </summary>
    /// <param name="verified">The pieces that are here; those that lie in files which are left are cleared.</param>
    /// <returns>The layout to go on with; this one, where nothing is missing.</returns>
    public FileLayout LeaveRaw(Bitfield verified)
    {
        if (_safe is null)
            return this;
        var left = new HashSet<StorageFile>(ReferenceEqualityComparer.Instance);
        // A piece that is cleared may be one of another file.
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

    /// <summary>Where a piece begins among all the torrent's bytes.</summary>
    /// <param name="piece">Index of the piece.</param>
    public long PieceOffset(int piece) => (long)piece * PieceLength;

    /// <summary>Bytes of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    public int PieceSize(int piece) => (int)Math.Min(PieceLength, TotalSize - PieceOffset(piece));

    /// <summary>The file in which a byte lies; never one without bytes.</summary>
    /// <param name="offset">0 to <see cref="TotalSize"/> - 1.</param>
    /// <returns>Index of the file.</returns>
    public int Find(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, TotalSize);

        // The last file that does not begin behind the byte: of several that begin at one place, only the last has bytes.
        int low = 0, high = _files.Length - 1;
        while (low < high)
        {
            int middle = low + (high - low + 1) / 2;
            if (_files[middle].Offset <= offset)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    /// <summary>The files that share bytes with a piece; between them may be some without bytes.</summary>
    /// <param name="piece">Index of the piece.</param>
    public (int First, int Last) FilesOfPiece(int piece)
    {
        long offset = PieceOffset(piece);
        int first = Find(offset), last = first;
        long end = offset + PieceSize(piece);
        while (_files[last].End < end)
            last++;
        return (first, last);
    }

    /// <summary>The pieces that share bytes with a file; none for a file without bytes.</summary>
    /// <param name="file">Index of the file.</param>
    public (int First, int Count) PiecesOfFile(int file)
    {
        StorageFile entry = _files[file];
        int first = (int)(entry.Offset / PieceLength);
        return entry.Length == 0 ? (first, 0) : (first, (int)((entry.End - 1) / PieceLength) - first + 1);
    }

    /// <summary>Bytes of a file that lie in some of the pieces.</summary>
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

    /// <summary>The raw top folder or file, where all files lie there; else null.</summary>
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
            if (!file.IsStored)
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
