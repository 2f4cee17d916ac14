using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Accepted connections that have not completed their handshake. If there is no room for another, the oldest one from the host
/// with the most is closed, so that one host cannot keep others out. Thread-safe.
/// </summary>
/// <param name="capacity">The most connections, 1 or more.</param>
internal sealed class PendingHandshakes(int capacity)
{
    /// <summary>The most connections from one host, except this machine.</summary>
    public const int MostOfOneHost = 20;

    private readonly Lock _gate = new();
    private readonly OrderedDictionary<IConnection, AddressBlock> _connections = [];

    /// <summary>The number of connections.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _connections.Count;
        }
    }

    /// <summary>Adds a connection, and closes another if there is no room for both.</summary>
    public void Add(IConnection connection)
    {
        IConnection? leaving = null;
        lock (_gate)
        {
            AddressBlock host = AddressBlock.Of(connection.RemoteEndPoint.Address);
            if (!LocalMachine.Is(connection.RemoteEndPoint.Address) && _connections.Values.Count(other => other == host) >= MostOfOneHost)
                leaving = OldestOf(host);
            else if (_connections.Count >= capacity)
                leaving = OldestOf(_connections.Values.CountBy(other => other).MaxBy(pair => pair.Value).Key);
            if (leaving is not null)
                _connections.Remove(leaving);
            _connections.Add(connection, host);
        }

        // The handshake on it will fail.
        leaving?.Dispose();
    }

    /// <summary>Removes a connection that has completed its handshake or has ended.</summary>
    public void Remove(IConnection connection)
    {
        lock (_gate)
            _connections.Remove(connection);
    }

    private IConnection OldestOf(AddressBlock host) => _connections.First(pair => pair.Value == host).Key;
}
