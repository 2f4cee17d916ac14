using Microsoft.Win32.SafeHandles;

namespace TorrentPatron.Engine.Storage;

/// <summary>An open file with a count of its users, the pool that holds it among them; the last who leaves closes it.</summary>
internal sealed class OpenFile(PooledFile slot, SafeFileHandle handle, bool isWritable)
{
    /// <summary>It was used since <see cref="WasUsed"/> asked, and since <see cref="Rest"/> did.</summary>
    private const int UsedLately = 1, UsedSinceRest = 2;

    private int _users = 1;
    private int _use = UsedLately | UsedSinceRest;
    private int _rests;

    /// <summary>The file that it is open for.</summary>
    public PooledFile Slot { get; } = slot;

    /// <summary>The handle; good while one is a user.</summary>
    public SafeFileHandle Handle { get; } = handle;

    /// <summary>Whether it is open for writing.</summary>
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
                if (Volatile.Read(ref _use) != (UsedLately | UsedSinceRest))
                    Volatile.Write(ref _use, UsedLately | UsedSinceRest);
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
    public bool WasUsed() => (Interlocked.And(ref _use, ~UsedLately) & UsedLately) != 0;

    /// <summary>Called now and then, by one at a time: how many times in a row it had not been used since the time before.</summary>
    public int Rest() => _rests = (Interlocked.And(ref _use, ~UsedSinceRest) & UsedSinceRest) != 0 ? 0 : _rests + 1;
}
