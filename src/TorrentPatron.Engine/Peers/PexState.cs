using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The state of peer exchange with one peer (BEP 11): the peers it has been told of, and when each side last sent a message. Not
/// thread-safe; times come from one monotonic clock.
/// </summary>
internal sealed class PexState
{
    /// <summary>Time between two messages (BEP 11).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>The least time between two messages that is tolerated: clocks and network delays differ.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(45);

    /// <summary>Time until the next check if there was nothing to send.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Early messages after which a peer is dropped.</summary>
    private const int MostEarly = 10;

    /// <summary>The most peers taken from one peer over its connection.</summary>
    private const int MostTaken = 500;

    private readonly HashSet<IPEndPoint> _told = [];
    private TimeSpan _nextSend;
    private TimeSpan? _lastReceived;
    private int _early;
    private int _taken;

    /// <summary>Whether a message is due.</summary>
    public bool IsDue(TimeSpan now) => now >= _nextSend;

    /// <summary>Creates the next message, with the peers that came and went since the last one.</summary>
    /// <param name="connected">Our connected peers, without the peer itself.</param>
    /// <param name="now">The time.</param>
    /// <returns>The message; null if there is nothing to send.</returns>
    public PexMessage? Next(IEnumerable<PexPeer> connected, TimeSpan now)
    {
        var added = new List<PexPeer>();
        var here = new HashSet<IPEndPoint>();
        foreach (PexPeer peer in connected)
        {
            // The address of a peer that a proxy resolved by name is unknown.
            if (peer.EndPoint.Address is not HostAddress && here.Add(peer.EndPoint) && !_told.Contains(peer.EndPoint) && added.Count < PexMessage.MaxPeers)
                added.Add(peer);
        }

        IPEndPoint[] dropped = [.. _told.Where(endPoint => !here.Contains(endPoint)).Take(PexMessage.MaxPeers)];
        if (added.Count == 0 && dropped.Length == 0)
        {
            _nextSend = now + Pause;
            return null;
        }

        _told.UnionWith(added.Select(peer => peer.EndPoint));
        _told.ExceptWith(dropped);
        _nextSend = now + Interval;
        return new PexMessage { Added = added, Dropped = dropped };
    }

    /// <summary>Handles a received message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">The time.</param>
    /// <param name="peers">The peers to take from it.</param>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
    public string? Take(PexMessage message, TimeSpan now, out IReadOnlyList<PexPeer> peers)
    {
        peers = [];
        if (_lastReceived is { } last && now - last < ShortestInterval)
            return ++_early > MostEarly ? "It sends peer exchange messages too often." : null;
        _lastReceived = now;
        peers = [.. message.Added.Take(MostTaken - _taken)];
        _taken += peers.Count;
        return null;
    }
}
