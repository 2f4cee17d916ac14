using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Gives files that are whole what the torrent says of them besides their bytes (BEP 47), and makes its links. A file gets it once after it was
/// written: what its owner changes later stays. Thread-safe.
/// </summary>
internal sealed class AttributeKeeper
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly Lock _gate = new();
    private readonly HashSet<int> _done = [];
    private string? _failure;
    private int _failures;
    private IReadOnlyList<string> _linkFailures = [];

    /// <summary>Says what could not be set or made; null if there is nothing.</summary>
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

    /// <summary>A file is about to be written: it gets its attributes again when it is whole.</summary>
    /// <param name="index">Index of the file.</param>
    public void Writing(int index)
    {
        lock (_gate)
            _done.Remove(index);
    }

    /// <summary>Sets what the torrent says of a file that is whole and closed for writing.</summary>
    /// <param name="layout">Where the files lie.</param>
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

    /// <summary>Makes the torrent's links, where they are missing.</summary>
    /// <param name="layout">Where the files lie.</param>
    /// <param name="isWanted">Whether a file is wanted.</param>
    /// <param name="made">Is told of each link that was made.</param>
    public void MakeLinks(FileLayout layout, Func<int, bool> isWanted, Action<int> made)
    {
        IReadOnlyList<string> failures = TorrentLinks.Make(layout, isWanted, made);
        lock (_gate)
            _linkFailures = failures;
    }

    /// <summary>Sets what a torrent says of a file: that it may be executed by whoever may read it, is hidden, and when it was last written.</summary>
    /// <param name="destination">The folder that its owner has chosen.</param>
    /// <param name="file">The file.</param>
    /// <exception cref="IOException">It cannot be set.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be set.</exception>
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

    /// <summary>Whether a file has another name too (a hard link), by which it is somebody else's.</summary>
    private static bool IsShared(SafeFileHandle handle) => GuardedFile.Stat(handle) is { Links: > 1 };

    private static void SetTime(SafeFileHandle handle, TorrentFileEntry entry)
    {
        // A time to come would make the file newer than what is made of it.
        if (entry.LastWriteTime is { } time && time <= WallTime.Now(TimeProvider.System))
            File.SetLastWriteTimeUtc(handle, time.UtcDateTime);
    }
}
