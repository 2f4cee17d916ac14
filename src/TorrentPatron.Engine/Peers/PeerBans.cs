using System.Net;
using System.Runtime.InteropServices;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Who has been shut out of a torrent, because it has sent wrong data. Others at its address, behind the same router perhaps, are
/// not to blame; but where several there have done so, the address is shut out. What the peer says of itself counts for nothing, so that nobody has
/// others shut out: a port counts only where we dialled it. On this machine only such ports are shut out, as whatever runs here
/// has the same address. Bounded: the oldest makes way. Not thread-safe.
/// </summary>
internal sealed class PeerBans
{
    /// <summary>Peers that are remembered, and ports.</summary>
    public const int Capacity = 1000;

    /// <summary>Peers of one address that have sent wrong data, with which the address is shut out.</summary>
    private const int MostOffences = 3;

    private readonly HashSet<(IPAddress Address, PeerId Id)> _peers = [];
    private readonly Queue<(IPAddress Address, PeerId Id)> _peersByAge = [];
    private readonly HashSet<IPEndPoint> _endPoints = [];
    private readonly Queue<IPEndPoint> _endPointsByAge = [];
    private readonly Dictionary<AddressBlock, int> _offences = [];

    /// <summary>Shuts a peer out.</summary>
    /// <param name="id">Who it said it was.</param>
    /// <param name="endPoint">How it was connected.</param>
    /// <param name="wasDialled">Whether it was we who dialled.</param>
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

    /// <summary>Whether nobody at an address is welcome, or not who listens there.</summary>
    public bool Has(IPEndPoint endPoint) => _endPoints.Contains(endPoint) || IsShutOut(endPoint.Address);

    /// <summary>Whether a peer has been shut out.</summary>
    /// <param name="id">Who it says it is.</param>
    /// <param name="endPoint">How it is connected.</param>
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
