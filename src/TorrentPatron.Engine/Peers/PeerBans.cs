using System.Net;
using System.Runtime.InteropServices;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The peers banned from a torrent because they sent wrong data. A ban does not affect others at the same address, which may
/// share a router; but after several bans there, the whole address is banned. A peer's own claims are ignored, so that nobody can
/// get others banned: a port counts only if we dialled it. On this machine only such ports are banned, because all local programs
/// share the address. Bounded: the oldest entry is dropped. Not thread-safe.
/// </summary>
internal sealed class PeerBans
{
    /// <summary>The most peers, and the most ports, remembered.</summary>
    public const int Capacity = 1000;

    /// <summary>Banned peers of one address after which the address is banned.</summary>
    private const int MostOffences = 3;

    private readonly HashSet<(IPAddress Address, PeerId Id)> _peers = [];
    private readonly Queue<(IPAddress Address, PeerId Id)> _peersByAge = [];
    private readonly HashSet<IPEndPoint> _endPoints = [];
    private readonly Queue<IPEndPoint> _endPointsByAge = [];
    private readonly Dictionary<AddressBlock, int> _offences = [];

    /// <summary>Bans a peer.</summary>
    /// <param name="id">Its peer id.</param>
    /// <param name="endPoint">Its address.</param>
    /// <param name="wasDialled">Whether we dialled it.</param>
    public void Add(PeerId id, IPEndPoint endPoint, bool wasDialled)
    {
        if (wasDialled && _endPoints.Add(endPoint))
        {
            _endPointsByAge.Enqueue(endPoint);
            if (_endPointsByAge.Count > Capacity)
                _endPoints.Remove(_endPointsByAge.Dequeue());
        }

        if (LocalMachine.Is(endPoint.Address) || !_peers.Add((endPoint.Address, id)))
            return;
        _peersByAge.Enqueue((endPoint.Address, id));
        CollectionsMarshal.GetValueRefOrAddDefault(_offences, AddressBlock.Of(endPoint.Address), out _)++;
        if (_peersByAge.Count > Capacity)
            ForgetOldest();
    }

    /// <summary>Whether an address, or that port of it, is banned.</summary>
    public bool Has(IPEndPoint endPoint) => _endPoints.Contains(endPoint) || IsShutOut(endPoint.Address);

    /// <summary>Whether a peer is banned.</summary>
    /// <param name="id">Its peer id.</param>
    /// <param name="endPoint">Its address.</param>
    public bool Has(PeerId id, IPEndPoint endPoint) => _peers.Contains((endPoint.Address, id)) || Has(endPoint);

    private void ForgetOldest()
    {
        (IPAddress Address, PeerId Id) oldest = _peersByAge.Dequeue();
        _peers.Remove(oldest);
        var block = AddressBlock.Of(oldest.Address);
        if (--_offences[block] == 0)
            _offences.Remove(block);
    }

    private bool IsShutOut(IPAddress address) =>
        _offences.Count > 0 && _offences.GetValueOrDefault(AddressBlock.Of(address)) >= MostOffences;
}
