namespace TorrentPatron.Remote.Server;

/// <summary>How much the clients of a service may have it keep for them: all together, and each user. Thread-safe.</summary>
/// <param name="all">Bytes of all users.</param>
/// <param name="ofUser">Bytes of one user.</param>
internal sealed class UploadBudget(long all = UploadBudget.Most, long ofUser = UploadBudget.MostOfUser)
{
    /// <summary>Bytes of all users.</summary>
    public const long Most = 256L << 20;

    /// <summary>Bytes of one user.</summary>
    public const long MostOfUser = 128L << 20;

    private readonly Lock _gate = new(); // a leaf
    private readonly HashSet<ClientUploads> _clients = [];
    private readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    private long _total;

    /// <summary>A client begins to upload.</summary>
    public void Add(ClientUploads client)
    {
        lock (_gate)
            _clients.Add(client);
    }

    /// <summary>A client has gone.</summary>
    public void Remove(ClientUploads client)
    {
        lock (_gate)
            _clients.Remove(client);
    }

    /// <summary>Drops uploads of all clients that have been idle for long, so that nobody keeps the room from others.</summary>
    public void Sweep()
    {
        ClientUploads[] clients;
        lock (_gate)
            clients = [.. _clients];
        foreach (ClientUploads client in clients)
            client.DropIdle();
    }

    /// <summary>Takes room.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="bytes">How much.</param>
    /// <returns>False: there is none.</returns>
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

    /// <summary>Gives room back.</summary>
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
