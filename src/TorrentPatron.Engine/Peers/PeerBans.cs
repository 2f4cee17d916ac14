using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Who has been shut out of a torrent, because it has sent wrong data. Others at its address, behind the same router perhaps, are
/// not to blame; but where several there have done so, the address is shut out. Bounded; not thread-safe.
/// </summary>
internal sealed class PeerBans
{
    private const int Capacity = 1000;

    /// <summary>Peers of one address that have sent wrong data, with which the address is shut out.</summary>
    private const int MostOffences = 3;

    private readonly HashSet<(IPAddress Address, PeerId Id)> _peers = [];
    private readonly HashSet<IPEndPoint> _endPoints = [];
    private readonly Dictionary<IPAddress, int> _offences = [];

    /// <summary>Shuts a peer out.</summary>
    /// <param name="id">Who it said it was.</param>
    /// <param name="endPoint">How it was connected.</param>
    /// <param name="listening">Where it says that it listens; null: it did not say.</param>
    public void Add(PeerId id, IPEndPoint endPoint, IPEndPoint? listening)
    {
        if (_peers.Count < Capacity && _peers.Add((endPoint.Address, id)))
            CollectionsMarshal.GetValueRefOrAddDefault(_offences, NeighbourhoodOf(endPoint.Address), out _)++;
        foreach (IPEndPoint one in listening is null ? [endPoint] : (IPEndPoint[])[endPoint, listening])
        {
            if (_endPoints.Count < 2 * Capacity)
                _endPoints.Add(one);
        }
    }

    /// <summary>Whether nobody at an address is welcome, or not who listens there.</summary>
    public bool Has(IPEndPoint endPoint) => _endPoints.Contains(endPoint) || IsShutOut(endPoint.Address);

    /// <summary>Whether a peer has been shut out.</summary>
    /// <param name="id">Who it says it is.</param>
    /// <param name="endPoint">How it is connected.</param>
    public bool Has(PeerId id, IPEndPoint endPoint) => _peers.Contains((endPoint.Address, id)) || Has(endPoint);

    /// <summary>An address, or of IPv6 the network that one customer has whole.</summary>
    private static IPAddress NeighbourhoodOf(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private bool IsShutOut(IPAddress address) =>
        _offences.Count > 0 && _offences.GetValueOrDefault(NeighbourhoodOf(address)) >= MostOffences;
}
