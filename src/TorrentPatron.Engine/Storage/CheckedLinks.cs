using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// The targets of links in the place of a torrent's files. A link may be read through as long as it leads to the very file that
/// was hashed through it: otherwise anyone who can write to the torrent's folder could have any file sent. Thread-safe.
/// </summary>
/// <param name="count">Number of the torrent's files.</param>
internal sealed class CheckedLinks(int count)
{
    private FileIdentity?[]? _checked; // most torrents have no link in a file's place
    private int _hashing;

    /// <summary>Begins hashing: files opened meanwhile are being checked.</summary>
    public void Begin() => Interlocked.Increment(ref _hashing);

    /// <summary>Ends hashing.</summary>
    public void End() => Interlocked.Decrement(ref _hashing);

    /// <summary>Whether a file that was opened through a link may be read.</summary>
    /// <param name="file">Index of the torrent's file.</param>
    /// <param name="identity">The link's target; null if the system does not provide it.</param>
    public bool MayRead(int file, FileIdentity? identity)
    {
        lock (this)
        {
            if (Volatile.Read(ref _hashing) > 0)
                (_checked ??= new FileIdentity?[count])[file] ??= identity;
            return identity is not null && _checked?[file] == identity;
        }
    }

    /// <summary>Whether a link leads to the file that was hashed through it; if not, its record is removed.</summary>
    /// <param name="file">Index of the torrent's file.</param>
    /// <param name="path">The file's path.</param>
    public bool IsChecked(int file, string path)
    {
        FileIdentity? identity = IdentityOf(path);
        lock (this)
        {
            if (identity is not null && _checked?[file] == identity)
                return true;
            if (_checked is not null)
                _checked[file] = null;
            return false;
        }
    }

    /// <summary>Removes all records: everything must be hashed again.</summary>
    public void Forget()
    {
        lock (this)
            _checked = null;
    }

    private static FileIdentity? IdentityOf(string path)
    {
        try
        {
            using SafeFileHandle file = GuardedFile.OpenLinked(path);
            return GuardedFile.IdentityOf(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
