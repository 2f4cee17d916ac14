using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>
/// Connects two peers behind routers that block incoming connections, with the help of a relay connected to both (BEP 55): both
/// dial with uTP at once, so that each router has seen the other side's address when its packets arrive. We ask relays, act as
/// one, and take their messages. Thread-safe.
/// </summary>
/// <param name="connected">Returns the currently connected peers.</param>
/// <param name="punch">Dials a peer named by a relay, with uTP.</param>
/// <param name="time">The clock.</param>
internal sealed class Holepunch(Func<IReadOnlyList<PeerConnection>> connected, Action<AddressBlock, IPEndPoint> punch, TimeProvider time) : IPeerExtension
{
    /// <summary>The most peers whose introducers are remembered.</summary>
    private const int MostIntroduced = 1_000;

    /// <summary>How often per minute one peer can make us dial or relay.</summary>
    private const int MostOfOne = 10;

    /// <summary>How often per minute all peers of the torrent can make us do so.</summary>
    private const int MostOfAll = 60;

    /// <summary>The lowest port that we dial on request.</summary>
    private const int FirstPort = 1024;

    private Dictionary<IPEndPoint, PeerConnection>? _introducers; // null until a peer has named others
    private Dictionary<PeerConnection, int>? _counts; // null until a peer has asked for something
    private Instant _nextMinute;
    private int _count;

    /// <inheritdoc/>
    public string Name => HolepunchMessage.ExtensionName;

    /// <inheritdoc/>
    public int MaxLength => HolepunchMessage.MostBytes;

    /// <summary>Records the peers that another peer has named and that support this extension: it can be their relay.</summary>
    public void NoteIntroduced(PeerConnection by, IEnumerable<PexPeer> peers)
    {
        lock (this)
        {
            if (by.IsClosed)
                return;
            _introducers ??= [];
            foreach (PexPeer peer in peers)
            {
                if (peer.Flags.HasFlag(PexFlags.SupportsHolepunch) && (_introducers.Count < MostIntroduced || _introducers.ContainsKey(peer.EndPoint)))
                    _introducers[peer.EndPoint] = by;
            }
        }
    }

    /// <summary>Asks the introducer of a peer that could not be dialled to help.</summary>
    /// <returns>Whether an introducer was asked.</returns>
    public bool TryAsk(IPEndPoint target)
    {
        PeerConnection? relay;
        lock (this)
            relay = _introducers?.GetValueOrDefault(target);
        return relay is { IsClosed: false } && Send(relay, new HolepunchMessage(HolepunchKind.Rendezvous, target));
    }

    /// <inheritdoc/>
    public string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload)
    {
        peer.FutileWork.Charge(FutileWork.Change);
        if (!HolepunchMessage.TryRead(payload, out HolepunchMessage message))
            return "It sent an invalid holepunch message.";
        if (message.Kind == HolepunchKind.Error || !MayHave(peer))
            return null;
        if (message.Kind == HolepunchKind.Rendezvous)
            Relay(peer, message.EndPoint);
        else if (AddressReaches.MayBeNamed(message.EndPoint.Address, peer.RemoteEndPoint.Address) && message.EndPoint.Port >= FirstPort)
            punch(AddressBlock.Of(peer.RemoteEndPoint.Address), message.EndPoint);
        return null;
    }

    /// <inheritdoc/>
    public void PeerLeft(PeerConnection peer)
    {
        lock (this)
        {
            _counts?.Remove(peer);
            foreach ((IPEndPoint endPoint, PeerConnection by) in _introducers ?? [])
            {
                if (by == peer)
                    _introducers!.Remove(endPoint);
            }
        }
    }

    /// <summary>The address at which others reach a peer with uTP: an incoming TCP connection has an arbitrary port.</summary>
    public static IPEndPoint EndPointOf(PeerConnection peer) =>
        peer is { IsIncoming: true, Transport: PeerTransport.Tcp } && peer.Extensions.Hello?.ListenPort is { } port
            ? new IPEndPoint(peer.RemoteEndPoint.Address, port)
            : peer.RemoteEndPoint;

    private void Relay(PeerConnection asker, IPEndPoint target)
    {
        PeerConnection? other = connected().FirstOrDefault(peer => !peer.IsClosed && (peer.RemoteEndPoint.Equals(target) || EndPointOf(peer).Equals(target)));
        HolepunchError error = !AddressReaches.IsOfHost(target.Address) || target.Port == 0 ? HolepunchError.NoSuchPeer
            : other is null ? HolepunchError.NotConnected
            : other == asker ? HolepunchError.NoSelf
            : !other.Extensions.Speaks(this) ? HolepunchError.NoSupport
            : HolepunchError.None;
        if (error != HolepunchError.None)
        {
            Send(asker, new HolepunchMessage(HolepunchKind.Error, target, error));
            return;
        }

        Send(other!, new HolepunchMessage(HolepunchKind.Connect, EndPointOf(asker)));
        Send(asker, new HolepunchMessage(HolepunchKind.Connect, EndPointOf(other!)));
    }

    private bool MayHave(PeerConnection peer)
    {
        lock (this)
        {
            Instant now = Instant.Now(time);
            if (now >= _nextMinute)
            {
                (_nextMinute, _count) = (now + TimeSpan.FromMinutes(1), 0);
                _counts?.Clear();
            }

            _counts ??= [];
            int ofOne = _counts.GetValueOrDefault(peer);
            if (ofOne >= MostOfOne || _count >= MostOfAll || peer.IsClosed)
                return false;
            _counts[peer] = ofOne + 1;
            _count++;
            return true;
        }
    }

    private bool Send(PeerConnection peer, HolepunchMessage message)
    {
        Span<byte> bytes = stackalloc byte[HolepunchMessage.MostBytes];
        if (!peer.Extensions.TryAdd(this, bytes[..message.Write(bytes)]))
            return false;
        peer.Sender.Flush();
        return true;
    }
}
