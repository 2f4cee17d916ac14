using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Decides which pieces a seed reveals to which peer while it super-seeds (BEP 16): to each a few that nobody else has or is given, and the
/// next when one of them has been seen at another peer. So the first copy of a torrent leaves the seed about once.
/// </summary>
/// <remarks>
/// A peer that gets nothing new for a while from anybody, though it has what was revealed, may reach no others: it is given pieces as a lone
/// peer is, one after the other, also those that others have. Thread-safe; its lock is a leaf.
/// </remarks>
/// <typeparam name="TPeer">What stands for a peer.</typeparam>
/// <param name="pieceCount">Number of pieces, 1 or more.</param>
/// <param name="random">Breaks ties.</param>
internal sealed class SuperSeeder<TPeer>(int pieceCount, Random random)
    where TPeer : class
{
    /// <summary>Pieces that a peer is given at once: while it passes one on it fetches the other.</summary>
    public const int PiecesAtOnce = 2;

    /// <summary>How long a peer may get nothing new before it is taken for one that reaches no others.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<TPeer, Link> _links = [];

    /// <summary>For each piece, the connected peers that have it.</summary>
    private readonly ushort[] _seen = new ushort[pieceCount];

    /// <summary>For each piece, the connected peers that have it or to whom it is revealed.</summary>
    private readonly ushort[] _spread = new ushort[pieceCount];

    /// <summary>Takes a peer.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="knowsAll">Whether it knows that we have everything: then nothing is revealed to it, and it is only watched.</param>
    /// <param name="now">The time.</param>
    public void Add(TPeer peer, bool knowsAll, Instant now)
    {
        lock (_gate)
            _links.TryAdd(peer, new Link(pieceCount, knowsAll, now));
    }

    /// <summary>A peer has gone, and what it had with it.</summary>
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

    /// <summary>A peer has a piece.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether <see cref="Reveal"/> has more to say now.</returns>
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

    /// <summary>A peer has told which pieces it has.</summary>
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

    /// <summary>Chooses what is to be revealed now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="isInterested">Whether a peer wants anything that it knows we have.</param>
    public IReadOnlyList<(TPeer Peer, int Piece)> Reveal(Instant now, Predicate<TPeer> isInterested)
    {
        List<(TPeer, int)> revealed = [];
        lock (_gate)
        {
            foreach ((TPeer peer, Link link) in _links)
            {
                if (link.KnowsAll)
                    continue;
                // One that wants none of the pieces that it was given has no use for them.
                bool isInterestedNow = isInterested(peer);
                bool IsDone(int piece) => link.Has[piece] || !isInterestedNow;
                bool isStuck = link.Open.TrueForAll(IsDone) && now - link.News >= Patience;
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
            // Not from us: others give it something.
            link.ReachesOthers = true;
        }

        link.News = now;
        return true;
    }

    /// <summary>Chooses a piece that a peer neither has nor knows us to have: the one that fewest others have or are given.</summary>
    /// <param name="link">The peer.</param>
    /// <param name="alsoSpread">Whether also one that others have or are given.</param>
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

        /// <summary>The pieces that it has.</summary>
        public Bitfield Has { get; } = new(pieceCount);

        /// <summary>The pieces that it has or that are revealed to it.</summary>
        public Bitfield Knows { get; } = new(pieceCount);

        /// <summary>The pieces revealed to it that have not been seen at another peer, few.</summary>
        public List<int> Open { get; } = new(PiecesAtOnce);

        /// <summary>When it last had a new piece, or came.</summary>
        public Instant News { get; set; } = now;

        /// <summary>Whether others give it pieces, as far as is known.</summary>
        public bool ReachesOthers { get; set; } = true;
    }
}
