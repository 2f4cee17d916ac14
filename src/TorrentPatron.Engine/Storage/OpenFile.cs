using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>A reference-counted open file, with the pool as one of its users; the last user closes it.</summary>
internal sealed class OpenFile(PooledFile slot, SafeFileHandle handle, bool isWritable)
{
    /// <summary>Flags: used since the last <see cref="WasUsed"/>, and since the last <see cref="Rest"/>.</summary>
    private const int UsedLately = 1, UsedSinceRest = 2;

    private int _users = 1;
    private int _use = UsedLately | UsedSinceRest;
    private int _rests;

    /// <summary>The file that it is open for.</summary>
    public PooledFile Slot { get; } = slot;

    /// <summary>The handle, valid for users.</summary>
    public SafeFileHandle Handle { get; } = handle;

    /// <summary>Whether it is open for writing.</summary>
    public bool IsWritable { get; } = isWritable;

    /// <summary>Adds a user.</summary>
    /// <returns>False if the file has been closed meanwhile.</returns>
    public bool TryUse()
    {
        int users = Volatile.Read(ref _users);
        while (users > 0)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
            {
                if (Volatile.Read(ref _use) != (UsedLately | UsedSinceRest))
                    Volatile.Write(ref _use, UsedLately | UsedSinceRest);
                return true;
            }

            users = seen;
        }

        return false;
    }

    /// <summary>Removes a user.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            Handle.Dispose();
    }

    /// <summary>Whether it was used since the last call.</summary>
    public bool WasUsed() => (Interlocked.And(ref _use, ~UsedLately) & UsedLately) != 0;

    /// <summary>Called now and then, by one thread at a time: the number of consecutive calls without a use in between.</summary>
    public int Rest() => _rests = (Interlocked.And(ref _use, ~UsedSinceRest) & UsedSinceRest) != 0 ? 0 : _rests + 1;
}
