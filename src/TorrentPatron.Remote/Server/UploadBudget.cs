namespace TorrentPatron.Remote.Server;

/// <summary>Limits the memory of clients' uploads, in all and for each user. Thread-safe.</summary>
/// <param name="all">Maximum number of bytes of all users.</param>
/// <param name="ofUser">Maximum number of bytes of one user.</param>
internal sealed class UploadBudget(long all = UploadBudget.Most, long ofUser = UploadBudget.MostOfUser)
{
    /// <summary>Maximum number of bytes of all users.</summary>
    public const long Most = 256L << 20;

    /// <summary>Maximum number of bytes of one user.</summary>
    public const long MostOfUser = 128L << 20;

    private readonly Lock _gate = new(); // a leaf
    private readonly HashSet<ClientUploads> _clients = [];
    private readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    private long _total;

    /// <summary>Adds a client with uploads.</summary>
    public void Add(ClientUploads client)
    {
        lock (_gate)
            _clients.Add(client);
    }

    /// <summary>Removes a client.</summary>
    public void Remove(ClientUploads client)
    {
        lock (_gate)
            _clients.Remove(client);
    }

    /// <summary>Drops idle uploads of all clients, so that nobody blocks others.</summary>
    public void Sweep()
    {
        ClientUploads[] clients;
        lock (_gate)
            clients = [.. _clients];
        foreach (ClientUploads client in clients)
            client.DropIdle();
    }

    /// <summary>Reserves memory.</summary>
    /// <param name="user">The user.</param>
    /// <param name="bytes">Number of bytes.</param>
    /// <returns>False if the limit would be exceeded.</returns>
    public bool TryTake(string user, long bytes)
    {
        lock (_gate)
        {
            long held = _held.GetValueOrDefault(user);
            if (bytes > all - _total || bytes > ofUser - held)
                return false;
            _total += bytes;
            _held[user] = held + bytes;
            return true;
        }
    }

    /// <summary>Releases memory.</summary>
    public void Return(string user, long bytes)
    {
        if (bytes == 0)
            return;
        lock (_gate)
        {
            _total -= bytes;
            if ((_held[user] -= bytes) == 0)
                _held.Remove(user);
        }
    }
}
