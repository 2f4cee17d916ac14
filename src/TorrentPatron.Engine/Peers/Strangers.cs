using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The connections that have been accepted and have not shaken hands. Where there is no room for another, the oldest of the host that has
/// most of them goes, so that one host cannot keep others out. Thread-safe.
/// </summary>
/// <param name="capacity">Most of them, 1 or more.</param>
internal sealed class Strangers(int capacity)
{
    /// <summary>Most of one host but this machine.</summary>
    public const int MostOfOneHost = 20;

    private readonly Lock _gate = new();
    private readonly OrderedDictionary<IConnection, AddressBlock> _connections = [];

    /// <summary>Number of them.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _connections.Count;
        }
    }

    /// <summary>Takes a connection, and ends another where there is no room for both.</summary>
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

        // Whoever shakes hands with it finds that out.
        leaving?.Dispose();
    }

    /// <summary>A connection has shaken hands, or has ended.</summary>
    public void Remove(IConnection connection)
    {
        lock (_gate)
            _connections.Remove(connection);
    }

    private IConnection OldestOf(AddressBlock host) => _connections.First(pair => pair.Value == host).Key;
}
