using System.Security.Cryptography;
using System.Text;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Service.State;

/// <summary>
/// The file paths of a state folder's torrents, so that another torrent that wants the same paths is found without reading all saved state:
/// a list in the file <c>paths</c>, to which every process adds the torrents that it starts. Thread-safe.
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
    private const string Format = "paths 1 ";
    private const int HeaderBytes = 17;
    private const int MostCached = 1000;

    /// <summary>The size of some hundred thousand torrents' lines; a longer list was not written by us.</summary>
    private const int MaxBytes = 128 << 20;

    /// <summary>Number of outdated entries, besides one for each torrent, before the list is rewritten.</summary>
    private const int MostStale = 100;

    /// <summary>The longest wait while another process has the list, which takes moments.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<TorrentId, (FileStamp Stamp, SavedFiles Files)> _cache = [];
    private PathTree<TorrentId> _tree = new();
    private string _header = "";
    private long _read;
    private bool _isComplete;

    /// <summary>Identifies the list that was read to its end; null reads it again.</summary>
    private FileStamp? _stamp;

    private string ListPath => Path.Combine(folder, FileName);

    /// <summary>Notes where a torrent has, or will have, its files, and finds saved torrents with files nearby.</summary>
    /// <param name="torrent">The torrent, which this process holds.</param>
    /// <param name="root">Its file or top folder: an absolute path with links resolved.</param>
    public IReadOnlyList<SavedFiles> Claim(TorrentId torrent, string root)
    {
        lock (_gate)
        {
            try
            {
                // Equivalent to opening it now: nothing was added to it, and nothing will be.
                bool isKnown = _stamp is { } stamp && FileStamps.Of(ListPath) == stamp && _tree.Contains(root, torrent);
                using FileStream? list = isKnown ? null : Open();
                if (list is not null)
                {
                    _stamp = null;
                    Read(list);
                    Complete(list);
                    if (_tree.Add(root, torrent))
                        Append(list, torrent, root);
                    _stamp = FileStamps.Lasting(new FileStamp(list.Length, File.GetLastWriteTimeUtc(list.SafeFileHandle)));
                }
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // Use what has been read so far.
            }

            return [.. _tree.Near(root).Where(other => other != torrent).Distinct().Select(other => Find(other, root)).OfType<SavedFiles>()];
        }
    }

    /// <summary>The files of a saved torrent that no process runs; null if there is none.</summary>
    /// <param name="torrent">The torrent.</param>
    public SavedFiles? FindStopped(TorrentId torrent)
    {
        if (holder.Holds(torrent) || TorrentClaim.IsHeldByOther(FolderOf(torrent), holder))
            return null;
        return ReadSaved(torrent, root: null);
    }

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
            (_header, _read, _tree, _isComplete) = (found, HeaderBytes, new PathTree<TorrentId>(), false);
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
            if (TryParse(line, out TorrentId torrent, out string root))
                _tree.Add(root, torrent);
        }
    }

    /// <summary>On first use: adds saved torrents that are missing from the list, and removes those that are no longer saved.</summary>
    private void Complete(FileStream list)
    {
        if (_isComplete)
            return;
        _isComplete = true;
        var listed = new Dictionary<TorrentId, string>();
        int lines = 0;
        list.Position = HeaderBytes;
        using (var reader = new StreamReader(list, Encoding.UTF8, detectEncodingFromByteOrderMarks: false, leaveOpen: true))
        {
            while (reader.ReadLine() is { } line)
            {
                lines++;
                if (TryParse(line, out TorrentId torrent, out string root))
                    listed[torrent] = root;
            }
        }

        var saved = new List<(TorrentId Torrent, string Root)>();
        bool isMissing = false;
        foreach (string path in Directory.EnumerateDirectories(folder))
        {
            if (!TorrentId.TryParse(Path.GetFileName(path), out TorrentId torrent))
                continue;
            if (listed.TryGetValue(torrent, out string? root))
            {
                saved.Add((torrent, root));
            }
            else if (ReadSaved(torrent, root: null) is { } files)
            {
                isMissing = true;
                saved.Add((torrent, files.Root));
            }
        }

        if (!isMissing && lines <= saved.Count + MostStale)
            return;
        WriteAnew(list, saved);
        _tree = new PathTree<TorrentId>();
        foreach ((TorrentId torrent, string root) in saved)
            _tree.Add(root, torrent);
    }

    private void Append(FileStream list, TorrentId torrent, string root)
    {
        byte[] line = Encoding.UTF8.GetBytes(LineOf(torrent, root));
        list.Position = list.Length;
        list.Write(line);
        _read = list.Length;
    }

    private void WriteAnew(FileStream list, IReadOnlyList<(TorrentId Torrent, string Root)> entries)
    {
        // A new identity makes processes that have read the old list read it again.
        _header = Format + RandomNumberGenerator.GetHexString(HeaderBytes - Format.Length - 1, lowercase: true) + "\n";
        byte[] content = Encoding.UTF8.GetBytes(_header + string.Concat(entries.Select(entry => LineOf(entry.Torrent, entry.Root))));
        list.SetLength(0);
        list.Position = 0;
        list.Write(content);
        _read = content.Length;
    }

    private static string LineOf(TorrentId torrent, string root) =>
        $"{torrent} {root.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n";

    private static bool TryParse(string line, out TorrentId torrent, out string root)
    {
        torrent = default;
        root = "";
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0 || !TorrentId.TryParse(line[..space], out torrent))
            return false;
        root = string.Join('\\', line[(space + 1)..].Split(@"\\").Select(part => part.Replace("\\n", "\n", StringComparison.Ordinal)));
        return Path.IsPathFullyQualified(root) && !root.Contains('\0', StringComparison.Ordinal);
    }

    /// <summary>The saved files of a torrent; null if nothing is saved or this process runs it.</summary>
    private SavedFiles? Find(TorrentId torrent, string root)
    {
        if (holder.Holds(torrent))
            return null;
        if (DiskStamp(torrent) is not { } stamp)
            return ReadSaved(torrent, root);
        if (_cache.TryGetValue(torrent, out (FileStamp Stamp, SavedFiles Files) cached) && cached.Stamp == stamp)
            return cached.Files;
        if (_cache.Count >= MostCached)
            _cache.Clear();
        if (ReadSaved(torrent, root) is not { } read)
            return null;
        _cache[torrent] = (stamp, read);
        return read;
    }

    private FileStamp? DiskStamp(TorrentId torrent) => FileStamps.Of(Path.Combine(FolderOf(torrent), StateFolder.ResumeName));

    /// <param name="torrent">Which torrent.</param>
    /// <param name="root">Its path in the list; null if it is not in the list.</param>
    private SavedFiles? ReadSaved(TorrentId torrent, string? root)
    {
        string path = FolderOf(torrent);
        if (new SavedOrigin(path, torrent).ReadMetainfo() is not { } metainfo)
            return null;
        if (ResumeStore.TryRead(path, torrent) is { } resume)
            return new SavedFiles(metainfo, resume.Saved.Data);
        // Another process is just starting it: only its path is known.
        return root is not null && Path.GetDirectoryName(root) is { } destination && TorrentClaim.IsHeldByOther(path, holder)
            ? new SavedFiles(metainfo, new ResumeData { Destination = destination, Verified = new Bitfield(metainfo.PieceCount) }) { IsStarting = true }
            : null;
    }

    private string FolderOf(TorrentId torrent) => Path.Combine(folder, torrent.ToString());
}
