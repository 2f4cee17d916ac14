using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Sets the attributes of complete files (BEP 47) and creates the torrent's links. A file gets its attributes once after it was
/// written; later changes by its owner are kept. Thread-safe.
/// </summary>
internal sealed class AttributeKeeper
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly Lock _gate = new();
    private readonly HashSet<int> _done = [];
    private string? _failure;
    private int _failures;
    private IReadOnlyList<string> _linkFailures = [];

    /// <summary>The attributes and links that could not be set or created; null if there are none.</summary>
    public TorrentError? Warning
    {
        get
        {
            lock (_gate)
            {
                int count = _failures + _linkFailures.Count;
                return count == 0 ? null : new TorrentError(
                    TorrentErrorId.AttributeNotSet,
                    (_linkFailures.Count > 0 ? _linkFailures[0] : _failure!) + (count > 1 ? $" The same happened to {count - 1:N0} more files." : ""),
                    "The files' contents are not affected. If you need the attribute, use another file system or operating system.");
            }
        }
    }

    /// <summary>Records that a file is about to be written: it gets its attributes again when it is complete.</summary>
    /// <param name="index">Index of the file.</param>
    public void Writing(int index)
    {
        lock (_gate)
            _done.Remove(index);
    }

    /// <summary>Sets the attributes of a file that is complete and closed for writing.</summary>
    /// <param name="layout">The layout of the files.</param>
    /// <param name="index">Index of the file.</param>
    public void Finish(FileLayout layout, int index)
    {
        StorageFile file = layout.Files[index];
        lock (_gate)
        {
            if (!file.HasAttributes || !_done.Add(index))
                return;
        }

        try
        {
            Apply(layout.Destination, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            lock (_gate)
            {
                _failures++;
                _failure ??= $"The torrent's attributes for '{file.FullPath}' could not be set: {e.Message}";
            }
        }
    }

    /// <summary>Creates the torrent's missing links.</summary>
    /// <param name="layout">The layout of the files.</param>
    /// <param name="isWanted">Returns whether a file is wanted.</param>
    /// <param name="made">Called with each link that was created.</param>
    public void MakeLinks(FileLayout layout, Func<int, bool> isWanted, Action<int> made)
    {
        IReadOnlyList<string> failures = TorrentLinks.Make(layout, isWanted, made);
        lock (_gate)
            _linkFailures = failures;
    }

    /// <summary>Sets a file's attributes: executable for everyone who may read it, hidden, and the last-write time.</summary>
    /// <param name="destination">The top folder, which its owner chose.</param>
    /// <param name="file">The file.</param>
    /// <exception cref="IOException">An attribute cannot be set.</exception>
    /// <exception cref="UnauthorizedAccessException">Access is denied.</exception>
    public static void Apply(string destination, StorageFile file)
    {
        TorrentFileEntry entry = file.Entry!;
        if (OperatingSystem.IsWindows())
        {
            using SafeFileHandle handle = GuardedFile.Open(destination, file.FullPath, FileMode.Open, FileAccess.ReadWrite);
            if (IsShared(handle))
                return;
            if (entry.Attributes.HasFlag(TorrentFileAttributes.Hidden))
                File.SetAttributes(handle, File.GetAttributes(handle) | FileAttributes.Hidden);
            SetTime(handle, entry);
        }
        else
        {
            using SafeFileHandle handle = GuardedFile.Open(destination, file.FullPath, FileMode.Open, FileAccess.Read);
            if (IsShared(handle))
                return;
            UnixFileMode mode = File.GetUnixFileMode(handle);
            UnixFileMode executable = mode | (UnixFileMode)((int)(mode & Readable) >> 2);
            if (entry.Attributes.HasFlag(TorrentFileAttributes.Executable) && mode != executable)
                File.SetUnixFileMode(handle, executable);
            SetTime(handle, entry);
        }
    }

    /// <summary>Whether a file has another name (a hard link), which may belong to someone else.</summary>
    private static bool IsShared(SafeFileHandle handle) => GuardedFile.Stat(handle) is { Links: > 1 };

    private static void SetTime(SafeFileHandle handle, TorrentFileEntry entry)
    {
        // A time in the future would make the file newer than files built from it.
        if (entry.LastWriteTime is { } time && time <= WallTime.Now(TimeProvider.System))
            File.SetLastWriteTimeUtc(handle, time.UtcDateTime);
    }
}
