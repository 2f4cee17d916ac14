using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// What peer exchange with one peer has come to (BEP 11): whom it has been told of, and when each side last spoke. Not
/// thread-safe; times are those of one monotonic clock.
/// </summary>
internal sealed class PexState
{
    /// <summary>Time between two messages (BEP 11).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Time between two messages that is still taken: clocks and roads differ.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(45);

    /// <summary>Time after which it is looked again where there was nothing to tell.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Messages that come too soon after which a peer is dropped.</summary>
    private const int MostEarly = 10;

    /// <summary>Peers taken from one peer as long as it is connected.</summary>
    private const int MostTaken = 500;

    private readonly HashSet<IPEndPoint> _told = [];
    private TimeSpan _nextSend;
    private TimeSpan? _lastReceived;
    private int _early;
    private int _taken;

    /// <summary>Whether it is time for a message.</summary>
    public bool IsDue(TimeSpan now) => now >= _nextSend;

    /// <summary>Makes the next message: who has come and gone since the last one.</summary>
    /// <param name="connected">Whom we are connected to, the peer itself left out.</param>
    /// <param name="now">The time.</param>
    /// <returns>The message; null where there is nothing to tell.</returns>
    public PexMessage? Next(IEnumerable<PexPeer> connected, TimeSpan now)
    {
        var added = new List<PexPeer>();
        var here = new HashSet<IPEndPoint>();
        foreach (PexPeer peer in connected)
        {
            // The address of one that a proxy was given by name is not known.
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

    /// <summary>Looks at a message that has come.</summary>
    /// <param name="message">The message.</param>
    /// <param name="now">The time.</param>
    /// <param name="peers">The peers to be taken from it.</param>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
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
