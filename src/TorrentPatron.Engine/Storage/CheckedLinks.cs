using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Where the links lead that stand in the places of a torrent's files. A link may be read through as long as it leads to the very file
/// that was hashed through it: otherwise whoever can write in the torrent's folder could have any file sent. Thread-safe.
/// </summary>
/// <param name="count">Number of the torrent's files.</param>
internal sealed class CheckedLinks(int count)
{
    private FileIdentity?[]? _checked; // most torrents have no link in a file's place
    private int _hashing;

    /// <summary>Hashing begins: what is opened meanwhile is being checked.</summary>
    public void Begin() => Interlocked.Increment(ref _hashing);

    /// <summary>Hashing has ended.</summary>
    public void End() => Interlocked.Decrement(ref _hashing);

    /// <summary>Whether a file that was opened through a link may be read.</summary>
    /// <param name="file">Index of the torrent's file.</param>
    /// <param name="identity">The file to which the link leads; null: the system does not tell.</param>
    public bool MayRead(int file, FileIdentity? identity)
    {
        lock (this)
        {
            if (Volatile.Read(ref _hashing) > 0)
                (_checked ??= new FileIdentity?[count])[file] ??= identity;
            return identity is not null && _checked?[file] == identity;
        }
    }

    /// <summary>Whether a link leads to what was hashed through it; if not, that is forgotten.</summary>
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

    /// <summary>Forgets everything: all is hashed again.</summary>
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
