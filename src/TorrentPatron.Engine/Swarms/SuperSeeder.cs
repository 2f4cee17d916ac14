using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Decides which pieces a super-seeding torrent reveals to which peer (BEP 16): to each a few that nobody else has or is shown,
/// and the next one when one of them appears at another peer. So the seed sends about one copy of the torrent at first.
/// </summary>
/// <remarks>
/// A peer that gets nothing new from anyone for a while, although it has what was revealed, may reach no other peers: like a lone
/// peer it gets pieces one after another, including ones that others have. Thread-safe; its lock is a leaf.
/// </remarks>
/// <typeparam name="TPeer">Identifies a peer.</typeparam>
/// <param name="pieceCount">Number of pieces, 1 or more.</param>
/// <param name="random">Breaks ties.</param>
internal sealed class SuperSeeder<TPeer>(int pieceCount, Random random)
    where TPeer : class
{
    /// <summary>Pieces revealed to a peer at once: it passes one on while downloading the other.</summary>
    public const int PiecesAtOnce = 2;

    /// <summary>How long a peer may get nothing new before it is assumed to reach no others.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<TPeer, Link> _links = [];

    /// <summary>For each piece, the number of connected peers that have it.</summary>
    private readonly ushort[] _seen = new ushort[pieceCount];

    /// <summary>For each piece, the number of connected peers that have it or are shown it.</summary>
    private readonly ushort[] _spread = new ushort[pieceCount];

    /// <summary>Adds a peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="knowsAll">
    /// Whether it knows that we have everything: then nothing is revealed to it, and it is only observed.
    /// </param>
    /// <param name="now">The time.</param>
    public void Add(TPeer peer, bool knowsAll, Instant now)
    {
        lock (_gate)
            _links.TryAdd(peer, new Link(pieceCount, knowsAll, now));
    }

    /// <summary>Removes a peer and its pieces.</summary>
    public void Remove(TPeer peer)
    {
        lock (_gate)
        {
            if (!_links.Remove(peer, out Link? link))
                return;
            foreach (int piece in link.Has.Ones)
                _seen[piece]--;
            foreach (int piece in link.Knows.Ones)
                _spread[piece]--;
        }
    }

    /// <summary>Records that a peer has a piece.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether <see cref="Reveal"/> would now reveal more.</returns>
    public bool Has(TPeer peer, int piece, Instant now)
    {
        lock (_gate)
        {
            if (!_links.TryGetValue(peer, out Link? link) || !Take(link, piece, now))
                return false;
            foreach (Link other in _links.Values)
            {
                if (other.Open.Contains(piece) && (other != link || _links.Count == 1 || !link.ReachesOthers))
                    return true;
            }

            return false;
        }
    }

    /// <summary>Records the pieces that a peer has.</summary>
    public void Has(TPeer peer, Bitfield pieces, Instant now)
    {
        lock (_gate)
        {
            if (!_links.TryGetValue(peer, out Link? link))
                return;
            foreach (int piece in pieces.Ones)
                Take(link, piece, now);
        }
    }

    /// <summary>Chooses the pieces to reveal now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isInterested">Returns whether a peer wants any piece that it knows we have.</param>
    public IReadOnlyList<(TPeer Peer, int Piece)> Reveal(Instant now, Predicate<TPeer> isInterested)
    {
        List<(TPeer, int)> revealed = [];
        lock (_gate)
        {
            foreach ((TPeer peer, Link link) in _links)
            {
                if (link.KnowsAll)
                    continue;
                // A peer that wants none of its revealed pieces has no use for them.
                bool isInterestedNow = isInterested(peer);
                bool IsDone(int piece) => link.Has[piece] || !isInterestedNow;
                bool isStuck = link.Open.TrueForAll(IsDone) && now - link.LastNewPiece >= Patience;
                link.ReachesOthers &= !isStuck;
                bool isAlone = _links.Count == 1 || !link.ReachesOthers;
                link.Open.RemoveAll(piece => _seen[piece] > (link.Has[piece] ? 1 : 0) || (isAlone && IsDone(piece)));
                while (link.Open.Count < PiecesAtOnce && Choose(link, isAlone) is { } piece)
                {
                    link.Knows.Set(piece);
                    link.Open.Add(piece);
                    _spread[piece]++;
                    revealed.Add((peer, piece));
                }
            }
        }

        return revealed;
    }

    private bool Take(Link link, int piece, Instant now)
    {
        if (!link.Has.Set(piece))
            return false;
        _seen[piece]++;
        if (link.Knows.Set(piece))
        {
            _spread[piece]++;
            // Not from us: others give it pieces.
            link.ReachesOthers = true;
        }

        link.LastNewPiece = now;
        return true;
    }

    /// <summary>
    /// Chooses a piece that a peer neither has nor knows we have: the one that the fewest others have or are shown.
    /// </summary>
    /// <param name="link">The peer.</param>
    /// <param name="alsoSpread">Whether to include pieces that others have or are shown.</param>
    private int? Choose(Link link, bool alsoSpread)
    {
        int start = random.Next(pieceCount);
        int? best = null;
        for (int i = 0; i < pieceCount; i++)
        {
            int piece = start + i < pieceCount ? start + i : start + i - pieceCount;
            if (link.Knows[piece])
                continue;
            if (_spread[piece] == 0)
                return piece;
            if (alsoSpread && (best is null || _spread[piece] < _spread[best.Value]))
                best = piece;
        }

        return best;
    }

    private sealed class Link(int pieceCount, bool knowsAll, Instant now)
    {
        /// <summary>Whether it knows that we have everything.</summary>
        public bool KnowsAll { get; } = knowsAll;

        /// <summary>Its pieces.</summary>
        public Bitfield Has { get; } = new(pieceCount);

        /// <summary>Its pieces, and those revealed to it.</summary>
        public Bitfield Knows { get; } = new(pieceCount);

        /// <summary>The few pieces revealed to it that have not appeared at another peer.</summary>
        public List<int> Open { get; } = new(PiecesAtOnce);

        /// <summary>When it last got a new piece, or connected.</summary>
        public Instant LastNewPiece { get; set; } = now;

        /// <summary>Whether others give it pieces, as far as known.</summary>
        public bool ReachesOthers { get; set; } = true;
    }
}
