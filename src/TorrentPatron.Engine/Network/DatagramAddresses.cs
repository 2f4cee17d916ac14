using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Caches both forms of the addresses that a socket's datagrams use, so that a datagram to or from a known peer allocates
/// nothing. Thread-safe.
/// </summary>
internal sealed class DatagramAddresses
{
    private const int Most = 1_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<SocketAddress, IPEndPoint> _endPoints = [];
    private readonly Dictionary<IPEndPoint, SocketAddress> _addresses = [];

    /// <summary>The end point for a socket address.</summary>
    public IPEndPoint Of(SocketAddress address)
    {
        lock (_gate)
        {
            if (!_endPoints.TryGetValue(address, out IPEndPoint? known))
            {
                var own = new SocketAddress(address.Family, address.Size);
                address.Buffer.Span[..address.Size].CopyTo(own.Buffer.Span);
                known = Add(own, (IPEndPoint)Any(own.Family).Create(own));
            }

            return known;
        }
    }

    /// <summary>The socket address for an end point. Must not be modified.</summary>
    public SocketAddress Of(IPEndPoint endPoint)
    {
        lock (_gate)
        {
            if (!_addresses.TryGetValue(endPoint, out SocketAddress? known))
                Add(known = endPoint.Serialize(), endPoint);
            return known;
        }
    }

    private static IPEndPoint Any(AddressFamily family) => new(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);

    private IPEndPoint Add(SocketAddress address, IPEndPoint endPoint)
    {
        if (_addresses.Count >= Most)
        {
            _endPoints.Clear();
            _addresses.Clear();
        }

        _addresses[endPoint] = address;
        return _endPoints[address] = endPoint;
    }
}
