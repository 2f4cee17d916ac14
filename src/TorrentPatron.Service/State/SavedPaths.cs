using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Service.State;

/// <summary>
/// The paths of a state folder's torrents and the lengths of their files, so that a torrent that wants the same paths, or may have the same
/// data, is found without reading all saved state: a list in the file <c>paths</c>, to which every process adds the torrents that it starts.
/// Thread-safe.
/// </summary>
/// <remarks>
/// The list only says where to look; a torrent's own saved state decides. So an entry may be out of date, and a torrent that is missing from
/// the list, because an earlier release saved it or the list was damaged, is added when the list is first read.
/// </remarks>
/// <param name="folder">The state folder.</param>
/// <param name="holder">Knows which torrents this process runs.</param>
internal sealed class SavedPaths(string folder, StateHolder holder)
{
    private const string FileName = "paths";
    private const string Format = "paths 2 ";
    private const int HeaderBytes = 17;
    private const int MostCached = 1000;

    /// <summary>The size of some hundred thousand torrents' lines; a longer list was not written by us.</summary>
    private const int MaxBytes = 128 << 20;

    /// <summary>Lengths in the list for one torrent: those of its longest files.</summary>
    private const int MostLengths = 16;

    /// <summary>Number of torrents that a search by length finds, and that it looks at.</summary>
    private const int MostFound = 64, MostLookedAt = 4096;

    /// <summary>Number of outdated entries, besides one for each torrent, before the list is rewritten.</summary>
    private const int MostStale = 100;

    /// <summary>The longest wait while another process has the list, which takes moments.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<TorrentId, (FileStamp Stamp, SavedFiles Files)> _cache = [];
    private PathTree<TorrentId> _tree = new();

    /// <summary>Null until a torrent is first searched for by length: a service that only resumes its torrents needs none.</summary>
    private LengthIndex? _byLength;
    private string _header = "";
    private long _read;
    private bool _isComplete;

    /// <summary>Identifies the list that was read to its end; null reads it again.</summary>
    private FileStamp? _stamp;

    /// <summary>Whether data of a saved torrent may be read from a destination.</summary>
    public Predicate<string> MayRead { private get; set; } = static _ => true;

    private string ListPath => Path.Combine(folder, FileName);

    /// <summary>Notes where a torrent has, or will have, its files, and finds saved torrents with files nearby.</summary>
    /// <param name="torrent">The torrent, which this process holds.</param>
    /// <param name="metainfo">Its metainfo.</param>
    /// <param name="root">Its file or top folder: an absolute path with links resolved.</param>
    public IReadOnlyList<SavedFiles> Claim(TorrentId torrent, TorrentMetainfo metainfo, string root)
    {
        lock (_gate)
        {
            try
            {
                // Equivalent to opening it now: nothing was added to it, and nothing will be.
                bool isKnown = _stamp is { } stamp && FileStamps.Of(ListPath) == stamp && _tree.Contains(root, torrent);
                if (!isKnown)
                    Update(list =>
                    {
                        var entry = new Entry(torrent, LengthsOf(metainfo), root);
                        if (Add(entry))
                            Append(list, entry);
                    });
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // Use what has been read so far.
            }

            return [.. _tree.Near(root).Where(other => other != torrent).Distinct().Select(other => Find(other, root)).OfType<SavedFiles>()];
        }
    }

    /// <summary>The files of a saved torrent that no process runs; null if there is none, or they may not be read.</summary>
    /// <param name="torrent">The torrent.</param>
    public SavedFiles? FindStopped(TorrentId torrent)
    {
        if (holder.Holds(torrent) || TorrentClaim.IsHeldByOther(FolderOf(torrent), holder))
            return null;
        return ReadSaved(torrent, root: null) is { Files: { } files, Destination: { } destination } && MayRead(destination) ? files : null;
    }

    /// <summary>
    /// The saved torrents with files of some of the given lengths, starting with the greatest, that this process does not run; only some of
    /// them if there are many.
    /// </summary>
    /// <param name="lengths">The lengths in bytes.</param>
    public IReadOnlyList<TorrentId> FindStopped(IEnumerable<long> lengths)
    {
        lock (_gate)
        {
            ReadLengths();
            var found = new HashSet<TorrentId>();
            foreach (TorrentId torrent in lengths.OrderDescending().SelectMany(_byLength!.Find).Take(MostLookedAt))
            {
                if (!holder.Holds(torrent) && new SavedOrigin(FolderOf(torrent), torrent).HasMetainfo && found.Add(torrent) && found.Count == MostFound)
                    break;
            }

            return [.. found];
        }
    }

    /// <summary>Begins to keep the lengths; later entries are added as they are read.</summary>
    private void ReadLengths()
    {
        if (_byLength is not null)
            return;
        _byLength = new LengthIndex();
        (_read, _stamp) = (HeaderBytes, null);
        try
        {
            Update(_ => { });
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The next claim of a path reads them.
        }
    }

    /// <summary>Brings the entries up to date, and changes the list; does nothing if others do not give it free.</summary>
    /// <param name="change">Changes the list.</param>
    private void Update(Action<FileStream> change)
    {
        using FileStream? list = Open();
        if (list is null)
            return;
        _stamp = null;
        Read(list);
        Complete(list);
        change(list);
        _stamp = FileStamps.Lasting(new FileStamp(list.Length, File.GetLastWriteTimeUtc(list.SafeFileHandle)));
    }

    /// <summary>Adds an entry in memory.</summary>
    /// <returns>False if it was already there.</returns>
    private bool Add(Entry entry)
    {
        foreach (long length in _byLength is null ? [] : entry.Lengths)
            _byLength!.Add(length, entry.Torrent);
        return _tree.Add(entry.Root, entry.Torrent);
    }

    /// <summary>Forgets the entries in memory.</summary>
    private void Clear() => (_tree, _byLength) = (new PathTree<TorrentId>(), _byLength is null ? null : new LengthIndex());

    /// <summary>Opens the list exclusively; null if that is not possible.</summary>
    private FileStream? Open()
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(
                    StateFile.Open(folder, ListPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None),
                    FileAccess.ReadWrite, bufferSize: 0);
            }
            catch (IOException fault) when (SharingViolation.Is(fault))
            {
                if (TimeProvider.System.GetElapsedTime(began) > Patience)
                    return null;
                Thread.Sleep(1);
            }
        }
    }

    /// <summary>Reads new entries, or all of them if the list was rewritten.</summary>
    private void Read(FileStream list)
    {
        byte[] header = new byte[HeaderBytes];
        int length = list.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false);
        string found = Encoding.ASCII.GetString(header, 0, length);
        if (length < HeaderBytes || list.Length > MaxBytes || !found.StartsWith(Format, StringComparison.Ordinal))
        {
            WriteAnew(list, []);
            return;
        }

        if (found != _header || list.Length < _read)
        {
            (_header, _read, _isComplete) = (found, HeaderBytes, false);
            Clear();
        }

        if (list.Length == _read)
            return;
        byte[] added = new byte[list.Length - _read];
        list.Position = _read;
        list.ReadExactly(added);
        // A line truncated by the end of its process is completed and ignored.
        if (added[^1] != '\n')
            list.Write("\n"u8);
        _read = list.Length;
        foreach (string line in Encoding.UTF8.GetString(added).Split('\n'))
        {
            if (TryParse(line) is { } entry)
                Add(entry);
        }
    }

    /// <summary>On first use: adds saved torrents that are missing from the list, and removes those that are no longer saved.</summary>
    private void Complete(FileStream list)
    {
        if (_isComplete)
            return;
        _isComplete = true;
        var listed = new Dictionary<TorrentId, Entry>();
        int lines = 0;
        list.Position = HeaderBytes;
        using (var reader = new StreamReader(list, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true))
        {
            while (reader.ReadLine() is { } line)
            {
                lines++;
                if (TryParse(line) is { } entry)
                    listed[entry.Torrent] = entry;
            }
        }

        var saved = new List<Entry>();
        bool isMissing = false;
        foreach (string path in Directory.EnumerateDirectories(folder))
        {
            if (!TorrentId.TryParse(Path.GetFileName(path), out TorrentId torrent))
                continue;
            if (listed.TryGetValue(torrent, out Entry known))
            {
                saved.Add(known);
            }
            else if (ReadSaved(torrent, root: null) is { } read)
            {
                isMissing = true;
                saved.Add(new Entry(torrent, LengthsOf(read.Metainfo), read.Files.Root));
            }
        }

        if (!isMissing && lines <= saved.Count + MostStale)
            return;
        WriteAnew(list, saved);
        Clear();
        foreach (Entry entry in saved)
            Add(entry);
    }

    private void Append(FileStream list, Entry entry)
    {
        byte[] line = Encoding.UTF8.GetBytes(LineOf(entry));
        list.Position = list.Length;
        list.Write(line);
        _read = list.Length;
    }

    private void WriteAnew(FileStream list, IReadOnlyList<Entry> entries)
    {
        // A new identity makes processes that have read the old list read it again.
        _header = Format + RandomNumberGenerator.GetHexString(HeaderBytes - Format.Length - 1, lowercase: true) + "\n";
        byte[] content = Encoding.UTF8.GetBytes(_header + string.Concat(entries.Select(LineOf)));
        list.SetLength(0);
        list.Position = 0;
        list.Write(content);
        _read = content.Length;
    }

    private static long[] LengthsOf(TorrentMetainfo metainfo) =>
    [
        .. metainfo.Files.Where(file => file is { IsPadding: false, Length: > 0 }).Select(file => file.Length).Distinct().OrderDescending().Take(MostLengths),
    ];

    private static string LineOf(Entry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{entry.Torrent} {string.Join(',', entry.Lengths)} {entry.Root.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n");

    private static Entry? TryParse(string line)
    {
        if (line.Split(' ', 3) is not [var id, var lengths, var path] || !TorrentId.TryParse(id, out TorrentId torrent))
            return null;
        string root = string.Join('\\', path.Split(@"\\").Select(part => part.Replace("\\n", "\n", StringComparison.Ordinal)));
        if (!Path.IsPathFullyQualified(root) || root.Contains('\0', StringComparison.Ordinal))
            return null;
        long[] read =
        [
            .. lengths.Split(',').Select(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long length) ? length : 0)
                .Where(length => length > 0),
        ];
        return new Entry(torrent, read, root);
    }

    /// <summary>The saved files of a torrent; null if nothing is saved or this process runs it.</summary>
    private SavedFiles? Find(TorrentId torrent, string root)
    {
        if (holder.Holds(torrent))
            return null;
        if (DiskStamp(torrent) is not { } stamp)
            return ReadSaved(torrent, root)?.Files;
        if (_cache.TryGetValue(torrent, out (FileStamp Stamp, SavedFiles Files) cached) && cached.Stamp == stamp)
            return cached.Files;
        if (_cache.Count >= MostCached)
            _cache.Clear();
        if (ReadSaved(torrent, root) is not { Files: { } files })
            return null;
        _cache[torrent] = (stamp, files);
        return files;
    }

    private FileStamp? DiskStamp(TorrentId torrent) => FileStamps.Of(Path.Combine(FolderOf(torrent), StateFolder.ResumeName));

    /// <param name="torrent">Which torrent.</param>
    /// <param name="root">Its path in the list; null if it is not in the list.</param>
    private (SavedFiles Files, TorrentMetainfo Metainfo, string Destination)? ReadSaved(TorrentId torrent, string? root)
    {
        string path = FolderOf(torrent);
        if (new SavedOrigin(path, torrent).ReadMetainfo() is not { } metainfo)
            return null;
        if (ResumeStore.TryRead(path, torrent) is { } resume)
            return (new SavedFiles(metainfo, resume.Saved.Data), metainfo, resume.Saved.Data.Destination);
        // Another process is just starting it: only its path is known.
        return root is not null && Path.GetDirectoryName(root) is { } destination && TorrentClaim.IsHeldByOther(path, holder)
            ? (new SavedFiles(metainfo, new ResumeData { Destination = destination, Verified = new Bitfield(metainfo.PieceCount) }) { IsStarting = true }, metainfo, destination)
            : null;
    }

    private string FolderOf(TorrentId torrent) => Path.Combine(folder, torrent.ToString());

    /// <summary>A line of the list.</summary>
    /// <param name="Torrent">The id with which the torrent is saved.</param>
    /// <param name="Lengths">Lengths of its longest files, in bytes.</param>
    /// <param name="Root">Its file or top folder.</param>
    private readonly record struct Entry(TorrentId Torrent, long[] Lengths, string Root);
}
