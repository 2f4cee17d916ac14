using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Encryption;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers.Extensions;

/// <summary>
/// Peer exchange (BEP 11): peers tell each other about their connected peers. Never used for a private torrent.
/// </summary>
/// <param name="connected">Returns the currently connected peers.</param>
/// <param name="onPeers">Takes the sender and the peers it names.</param>
/// <param name="time">The clock.</param>
internal sealed class PeerExchange(
    Func<IReadOnlyList<PeerConnection>> connected, Action<PeerConnection, IReadOnlyList<PexPeer>> onPeers, TimeProvider time) : IPeerExtension
{
    private Dictionary<PeerConnection, PexState>? _states; // null until a peer is told, or tells

    /// <inheritdoc/>
    public string Name => PexMessage.ExtensionName;

    /// <inheritdoc/>
    public int MaxLength => 4 * 1024;

    private TimeSpan Now => time.GetElapsedTime(0);

    /// <summary>Sends the changes to every peer that has had no message for a minute; called about once a second.</summary>
    public void Tick()
    {
        TimeSpan now = Now;
        IReadOnlyList<PeerConnection> peers = connected();
        (PeerConnection Peer, PexPeer Described)[]? all = null;
        foreach (PeerConnection peer in peers)
        {
            if (peer.IsClosed || !peer.Extensions.Speaks(this))
                continue;
            PexMessage? message;
            lock (this)
            {
                if (StateOf(peer) is not { } state || !state.IsDue(now))
                    continue;
                all ??= [.. Describe(peers)];
                message = state.Next(all.Where(other => other.Peer != peer).Select(other => other.Described), now);
            }

            if (message is not null && peer.Extensions.TryAdd(this, message.ToBytes()))
                peer.Sender.Flush();
        }
    }

    /// <inheritdoc/>
    public string? Handle(PeerConnection peer, ReadOnlySpan<byte> payload)
    {
        peer.FutileWork.Charge(FutileWork.Change);
        if (!PexMessage.TryRead(payload.ToArray(), out PexMessage? message))
            return "It sent an invalid peer exchange message.";
        IReadOnlyList<PexPeer> peers;
        lock (this)
        {
            // Data left in the buffer of a closed connection is ignored.
            if (StateOf(peer) is not { } state)
                return null;
            if (state.Take(message, Now, out peers) is { } fault)
                return fault;
        }

        PexPeer[] named = [.. peers.Where(other => AddressReaches.MayBeNamed(other.EndPoint.Address, peer.RemoteEndPoint.Address))];
        if (named.Length > 0)
            onPeers(peer, named);
        return null;
    }

    /// <inheritdoc/>
    public void PeerLeft(PeerConnection peer)
    {
        lock (this)
            _states?.Remove(peer);
    }

    /// <returns>
    /// Null if the peer has left: a connection closes before <see cref="PeerLeft"/>, so that no state is kept for it.
    /// </returns>
    private PexState? StateOf(PeerConnection peer)
    {
        if (peer.IsClosed)
            return null;
        _states ??= [];
        if (!_states.TryGetValue(peer, out PexState? state))
            _states[peer] = state = new PexState();
        return state;
    }

    private static IEnumerable<(PeerConnection Peer, PexPeer Described)> Describe(IReadOnlyList<PeerConnection> peers)
    {
        foreach (PeerConnection peer in peers)
        {
            if (Describe(peer) is { } described)
                yield return (peer, described);
        }
    }

    /// <summary>A peer's entry in a message; null if its listening port is unknown, so that nobody could reach it.</summary>
    private static PexPeer? Describe(PeerConnection peer)
    {
        ExtensionHandshake? hello = peer.Extensions.Hello;
        PexFlags flags = peer.Extensions.IsUploadOnly || peer.Transfer?.Download.Availability.IsSeed == true ? PexFlags.UploadOnly : PexFlags.None;
        if (peer.Encryption != EncryptionMethods.None)
            flags |= PexFlags.PrefersEncryption;
        if (peer.Transport == PeerTransport.Utp)
            flags |= PexFlags.SupportsUtp;
        if (hello?.Extensions.ContainsKey(HolepunchMessage.ExtensionName) == true)
            flags |= PexFlags.SupportsHolepunch;
        if (!peer.IsIncoming)
            return new PexPeer(peer.RemoteEndPoint, flags | PexFlags.Reachable);
        // A uTP connection comes from the peer's listening port.
        if (peer.Transport == PeerTransport.Utp)
            return new PexPeer(peer.RemoteEndPoint, flags);
        return hello?.ListenPort is { } port ? new PexPeer(new IPEndPoint(peer.RemoteEndPoint.Address, port), flags) : null;
    }
}
