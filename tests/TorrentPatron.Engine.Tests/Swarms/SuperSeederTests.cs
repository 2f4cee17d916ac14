using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class SuperSeederTests
{
    private const int Pieces = 12;

    private readonly SuperSeeder<string> _seeder = new(Pieces, new Random(1));
    private readonly HashSet<string> _uninterested = [];
    private Instant _now = default(Instant) + TimeSpan.FromHours(1);

    [Fact]
    public void Each_new_peer_gets_two_pieces_that_no_other_peer_has_or_gets()
    {
        Add("a", "b", "c");
        _seeder.Has("c", Field(0, 1, 2), _now);
        ILookup<string, int> given = Reveal();

        Assert.All(["a", "b", "c"], peer => Assert.Equal(2, given[peer].Count()));
        Assert.Equal(6, given.SelectMany(pieces => pieces).Distinct().Count());
        Assert.DoesNotContain(given.SelectMany(pieces => pieces), piece => piece <= 2);
        Assert.Empty(Reveal());
    }

    [Fact]
    public void The_next_piece_is_revealed_when_another_peer_has_one_of_those_given()
    {
        Add("a", "b");
        int[] ofA = [.. Reveal()["a"]];
        Assert.False(Has("a", ofA[0]));
        Assert.Empty(Reveal());

        Assert.True(Has("b", ofA[0]));
        int next = Assert.Single(Assert.Single(Reveal()));
        Assert.DoesNotContain(next, ofA);
        Assert.False(Has("b", ofA[0]));
    }

    [Fact]
    public void A_lone_peer_gets_the_next_piece_when_it_has_one()
    {
        Add("a");
        var seen = new List<int>(Reveal()["a"]);
        while (seen.Count < Pieces)
        {
            Assert.True(Has("a", seen[^2]));
            seen.Add(Assert.Single(Reveal()["a"]));
        }

        Assert.Equal(Enumerable.Range(0, Pieces), seen.Order());
        Has("a", seen[^1]);
        Assert.Empty(Reveal());
    }

    [Fact]
    public void Once_every_piece_is_distributed_peers_get_the_rest_from_each_other()
    {
        Add("a", "b");
        var copies = new List<int>();
        for (int i = 0; i < 2 * Pieces; i++)
        {
            ILookup<string, int> given = Reveal();
            copies.AddRange(given.SelectMany(pieces => pieces));
            foreach (IGrouping<string, int> pieces in given)
            {
                foreach (int piece in pieces)
                {
                    Has("a", piece);
                    Has("b", piece);
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, Pieces), copies.Order());
    }

    [Fact]
    public void Pieces_offered_to_a_peer_that_leaves_are_offered_to_another()
    {
        Add("a", "b");
        ILookup<string, int> given = Reveal();
        int[] ofA = [.. given["a"]];
        var ofB = new List<int>(given["b"]);
        Has("a", ofA[0]);
        _seeder.Remove("a");
        for (int i = 0; i < Pieces; i++)
        {
            foreach (int piece in ofB)
                Has("b", piece);
            ofB.AddRange(Reveal()["b"]);
        }

        Assert.Superset(ofA.ToHashSet(), ofB.ToHashSet());
    }

    [Fact]
    public void Peers_that_cannot_reach_each_other_get_everything_in_the_end()
    {
        Add("a", "b");
        var has = new Dictionary<string, HashSet<int>> { ["a"] = [], ["b"] = [] };
        for (int second = 0; second < 60; second++, _now += TimeSpan.FromSeconds(1))
        {
            foreach (IGrouping<string, int> pieces in Reveal())
            {
                foreach (int piece in pieces)
                {
                    has[pieces.Key].Add(piece);
                    Has(pieces.Key, piece);
                }
            }

            // At first they wait for each other.
            if (second < SuperSeeder<string>.Patience.TotalSeconds - 1)
                Assert.True(has["a"].Count <= 2);
        }

        Assert.All(has.Values, pieces => Assert.Equal(Pieces, pieces.Count));
    }

    [Fact]
    public void A_peer_that_gets_pieces_from_others_again_waits_for_them()
    {
        Add("a", "b");
        ILookup<string, int> given = Reveal();
        int[] ofB = [.. given["b"]];
        foreach (int piece in given["a"])
            Has("a", piece);
        _now += SuperSeeder<string>.Patience;
        Assert.Equal(2, Reveal()["a"].Count());

        // The pieces revealed to b reach a, but not from us.
        foreach (int piece in ofB)
        {
            Has("b", piece);
            Has("a", piece);
        }

        Assert.Empty(Reveal()["a"]);
    }

    [Fact]
    public void A_peer_that_wants_none_of_its_revealed_pieces_is_shown_more()
    {
        Add("a", "b");
        _uninterested.Add("a");
        Reveal();
        Assert.Empty(Reveal());
        _now += SuperSeeder<string>.Patience;
        Assert.Equal(2, Reveal()["a"].Count());
    }

    [Fact]
    public void Peers_that_see_all_pieces_are_observed_but_offered_none()
    {
        _seeder.Add("old", knowsAll: true, _now);
        Add("new");
        _seeder.Has("old", Field(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), _now);
        ILookup<string, int> given = Reveal();
        Assert.Equal([10, 11], given["new"].Order());
        Assert.Empty(given["old"]);
    }

    [Fact]
    public void Messages_of_an_unknown_peer_are_ignored()
    {
        Assert.False(Has("nobody", 1));
        _seeder.Has("nobody", Field(1), _now);
        _seeder.Remove("nobody");
        Assert.Empty(Reveal());
    }

    private void Add(params string[] peers)
    {
        foreach (string peer in peers)
            _seeder.Add(peer, knowsAll: false, _now);
    }

    private bool Has(string peer, int piece) => _seeder.Has(peer, piece, _now);

    private ILookup<string, int> Reveal() =>
        _seeder.Reveal(_now, peer => !_uninterested.Contains(peer)).ToLookup(revealed => revealed.Peer, revealed => revealed.Piece);

    private static Bitfield Field(params int[] pieces)
    {
        var field = new Bitfield(Pieces);
        foreach (int piece in pieces)
            field.Set(piece);
        return field;
    }
}
