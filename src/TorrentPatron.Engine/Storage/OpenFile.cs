using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>An open file with a count of its users, the pool that holds it among them; the last who leaves closes it.</summary>
internal sealed class OpenFile(PooledFile slot, SafeFileHandle handle, bool isWritable)
{
    private int _users = 1;
    private int _isUsed = 1;

    /// <summary>The file that it is open for.</summary>
    public PooledFile Slot { get; } = slot;

    /// <summary>The handle; good while one is a user.</summary>
    public SafeFileHandle Handle { get; } = handle;

    /// <summary>Whether it may be written.</summary>
    public bool IsWritable { get; } = isWritable;

    /// <summary>Becomes a user.</summary>
    /// <returns>False where the file has been closed meanwhile.</returns>
    public bool TryUse()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                if (Volatile.Read(ref _isUsed) == 0)
                    Volatile.Write(ref _isUsed, 1);
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>Is a user no longer.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            Handle.Dispose();
    }

    /// <summary>Whether it was used since the last time this was asked.</summary>
    public bool WasUsed() => Interlocked.Exchange(ref _isUsed, 0) != 0;
}
