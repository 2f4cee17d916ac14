using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// One torrent's claim to the paths of its files, against all other torrents of the process and those saved in its state folder,
/// whichever process runs them. Thread-safe. Everything except disposing examines the disk.
/// </summary>
/// <param name="torrent">The torrent.</param>
/// <param name="name">The torrent's name.</param>
/// <param name="store">Knows the other saved torrents.</param>
/// <param name="table">Knows the other running torrents.</param>
internal sealed class PathClaim(TorrentId torrent, string name, IResumeStore store, PathTable table) : IFileOwner, IDisposable
{
    /// <summary>The location of the files and, during a move, their new location.</summary>
    private FilePlace[] _places = [];
    private TorrentFiles? _announced;
    private Func<TorrentFiles>? _live;

    /// <summary>The files shared with other torrents, with the same bytes as far as known.</summary>
    public IReadOnlyList<SharedFile> Shared { get; private set; } = [];

    /// <summary>The state of the torrent's files.</summary>
    /// <param name="layout">Their layout.</param>
    /// <param name="priorities">Priority of each; if the count does not match, all are normal.</param>
    /// <param name="origin">The origin of those on disk; null if unknown.</param>
    /// <param name="verified">The verified pieces.</param>
    /// <param name="apart">The files whose bytes are in the parts file; null means none.</param>
    /// <param name="unchecked">Pieces that are not checked yet, and may be on disk; null means none.</param>
    public TorrentFiles FilesOf(
        FileLayout layout, IReadOnlyList<FilePriority> priorities, DataOrigin? origin, Bitfield verified, Bitfield? apart,
        Bitfield? @unchecked = null) =>
        new(torrent, name, layout, priorities, origin, verified) { Apart = apart, Unchecked = @unchecked };

    /// <summary>From now on others see the current state of the torrent's files.</summary>
    /// <param name="live">Returns the current state.</param>
    public void Follow(Func<TorrentFiles> live)
    {
        lock (table.Gate)
            (_live, _announced) = (live, null);
    }

    /// <summary>Claims the paths of the torrent's files. Until <see cref="Follow"/> others see the given state.</summary>
    /// <param name="files">The files.</param>
    /// <param name="isMissing">Returns whether bytes of a file are missing, so that it must belong to the torrent alone.</param>
    /// <exception cref="StorageException"><see cref="TorrentErrorId.PathInUse"/>; earlier claims are kept.</exception>
    public void Take(TorrentFiles files, Predicate<int> isMissing)
    {
        var place = new FilePlace(files.Layout);
        lock (table.Gate)
        {
            // If two processes start torrents at the same moment, the one that claims second sees the first and gives way.
            bool isClaimed = Array.Exists(_places, known => known.Root == place.Root);
            List<SharedFile> shared =
            [
                .. Overlaps(files, place, other => !(isClaimed && other is SavedFiles { IsStarting: true }))
                    .Where(found => found.IsDisputed).Select(found => found.ToShared()),
            ];
            if (shared.Find(file => !file.MayAgree || isMissing(file.File)) is { } taken)
                throw StorageErrors.PathInUse(taken, torrent);
            (Shared, _announced) = (shared.ToArray(), _live is null ? files : null);
            Enter(place);
        }
    }

    /// <summary>Claims the paths of files that are only read, even if other torrents have them.</summary>
    /// <param name="files">The files.</param>
    public void Join(TorrentFiles files)
    {
        var place = new FilePlace(files.Layout);
        lock (table.Gate)
        {
            store.ClaimPaths(place.Root);
            (Shared, _announced) = ([], _live is null ? files : null);
            Enter(place);
        }
    }

    /// <summary>Claims the new paths of a move in addition to the current ones.</summary>
    /// <param name="files">The files at their current paths.</param>
    /// <param name="to">The new layout.</param>
    /// <exception cref="StorageException">
    /// <see cref="TorrentErrorId.PathInUse"/>: another torrent has one of the paths, or one of the files to be moved.
    /// </exception>
    public void TakeForMove(TorrentFiles files, FileLayout to)
    {
        FilePlace from = new(files.Layout), next = new(to);
        lock (table.Gate)
        {
            Overlap? taken = Overlaps(files, from).FirstOrDefault(found => found.IsHeldByBoth)
                ?? Overlaps(files, next).FirstOrDefault(found => found.IsDisputed);
            if (taken is not null)
                throw StorageErrors.PathInUse(taken.ToShared(), torrent);
            Enter(next);
        }
    }

    /// <summary>Releases all paths except those of a layout, at the end of a move.</summary>
    public void Keep(FileLayout layout)
    {
        string root = new FilePlace(layout).Root;
        lock (table.Gate)
        {
            foreach (FilePlace other in Array.FindAll(_places, place => place.Root != root))
                Leave(other);
        }
    }

    /// <summary>The files shared with other torrents, which must not be deleted.</summary>
    /// <param name="files">The torrent's files.</param>
    public IReadOnlyList<SharedFile> FindShared(TorrentFiles files)
    {
        var place = new FilePlace(files.Layout);
        lock (table.Gate)
            return [.. Overlaps(files, place).Where(found => found.IsHeldByBoth).Select(found => found.ToShared())];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (table.Gate)
        {
            foreach (FilePlace place in _places)
                Leave(place);
        }
    }

    IEnumerable<(TorrentFiles Files, FilePlace Place)> IFileOwner.Places()
    {
        // File indices are the same in every layout.
        TorrentFiles? files = _live?.Invoke() ?? _announced;
        return files is null ? [] : _places.Select(place => (files, place));
    }

    private IEnumerable<Overlap> Overlaps(TorrentFiles files, FilePlace at, Predicate<IFileOwner>? counts = null)
    {
        IFileOwner[] others = [.. table.Near(at.Root).Where(claim => claim != this), .. store.ClaimPaths(at.Root)];
        if (counts is not null)
            others = Array.FindAll(others, counts);
        if (others.Length == 0)
            return [];
        PathSet paths = at.Paths;
        return from other in others
               from theirs in other.Places()
               from pair in paths.Overlaps(theirs.Place.Paths)
               select new Overlap(files, at.Layout, pair.File, theirs.Files, theirs.Place.Layout, pair.OtherFile);
    }

    private void Enter(FilePlace place)
    {
        _places = [.. _places.Where(known => known.Root != place.Root), place];
        table.Enter(place.Root, this);
    }

    private void Leave(FilePlace place)
    {
        _places = [.. _places.Where(known => known != place)];
        table.Leave(place.Root, this);
    }

    /// <summary>A path shared by two torrents.</summary>
    private sealed record Overlap(TorrentFiles Files, FileLayout At, int File, TorrentFiles Other, FileLayout OtherLayout, int OtherFile)
    {
        /// <summary>
        /// Whether one of the two would have to give way: unless only this torrent has ever written to the file.
        /// </summary>
        public bool IsDisputed => File < 0 ? Other.Holds(OtherFile)
            : OtherFile < 0 ? Files.Wants(File)
            : (Files.Wants(File) || Files.HasWritten(File)) && Other.Holds(OtherFile) && !AreBothEmpty
                && !(Files.HasWritten(File) && !Other.HasWritten(OtherFile));

        /// <summary>Whether both have or want the file.</summary>
        public bool IsHeldByBoth => File >= 0 && OtherFile >= 0 && Files.Holds(File) && Other.Holds(OtherFile);

        private bool AreBothEmpty => LengthOf(Files, File) == 0 && LengthOf(Other, OtherFile) == 0;

        public SharedFile ToShared() => new(
            File, File >= 0 ? At.Files[File].FullPath : OtherLayout.Files[OtherFile].FullPath, Other.Torrent, Other.Name,
            MayAgree: File >= 0 && OtherFile >= 0 && LengthOf(Files, File) == LengthOf(Other, OtherFile) && Other.IsComplete(OtherFile));

        private static long LengthOf(TorrentFiles files, int file) => files.Layout.Files[file].Length;
    }
}
