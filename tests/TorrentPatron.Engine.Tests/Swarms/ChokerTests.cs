using TorrentPatron.Engine.Swarms;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class ChokerTests
{
    private readonly Random _random = new(1);

    [Fact]
    public void A_download_unchokes_the_peers_that_send_most()
    {
        ChokeCandidate[] peers = [.. Enumerable.Range(0, 20).Select(i => Peer(download: i, upload: 100 - i))];
        ChokeDecision decision = Choker.Decide(peers, isSeeding: false, round: 0, _random);

        Assert.Equal(Enumerable.Range(13, 7), Regular(decision));
    }

    [Fact]
    public void A_seed_unchokes_the_fastest_downloaders()
    {
        ChokeCandidate[] peers = [.. Enumerable.Range(0, 20).Select(i => Peer(download: i, upload: 100 - i))];
        ChokeDecision decision = Choker.Decide(peers, isSeeding: true, round: 0, _random);

        Assert.Equal(Enumerable.Range(0, 7), Regular(decision));
    }

    [Fact]
    public void Among_equals_unchoked_peers_come_first_and_then_the_oldest()
    {
        ChokeCandidate[] peers = [.. Enumerable.Range(0, 20).Select(i => Peer() with { IsChoked = i is not (15 or 17) })];
        ChokeDecision decision = Choker.Decide(peers, isSeeding: false, round: 0, _random);

        Assert.Equal([0, 1, 2, 3, 4, 15, 17], Regular(decision));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_uninterested_peer_gets_no_slot_however_fast_it_is(bool isSeeding)
    {
        ChokeCandidate[] peers =
            [.. Enumerable.Range(0, 20).Select(i => Peer(1000, 1000) with { IsInterested = false, IsOptimistic = i == 4 }), Peer(), Peer()];
        for (int round = 0; round < 10; round++)
        {
            ChokeDecision decision = Choker.Decide(peers, isSeeding, round, _random);
            Assert.Equal([20, 21], decision.Unchoked.Order());
            Assert.Null(decision.Optimistic);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(500)]
    public void Every_slot_is_used_and_one_of_them_is_optimistic(int interested)
    {
        ChokeCandidate[] peers = [.. Enumerable.Repeat(Peer(), interested)];
        ChokeDecision decision = Choker.Decide(peers, isSeeding: false, round: 1, _random);

        Assert.Equal(Math.Min(interested, Choker.Slots), decision.Unchoked.Count);
        Assert.Equal(interested > Choker.RegularSlots, decision.Optimistic is not null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_optimistic_slot_lasts_three_decisions_and_reaches_every_peer_in_time(bool isSeeding)
    {
        ChokeCandidate[] peers = [.. Enumerable.Range(0, 12).Select(i => Peer(100 - i, 100 - i))];
        var lucky = new HashSet<int>();
        int? last = null;
        for (int round = 0; round < 300; round++)
        {
            ChokeDecision decision = Choker.Decide(peers, isSeeding, round, _random);
            int optimistic = Assert.NotNull(decision.Optimistic);
            if (round % Choker.OptimisticRounds != 0)
                Assert.Equal(last, optimistic);
            lucky.Add(optimistic);
            last = optimistic;
            peers = [.. peers.Select((peer, i) => peer with { IsOptimistic = i == optimistic, IsChoked = !decision.Unchoked.Contains(i) })];
        }

        Assert.Equal(Enumerable.Range(7, 5), lucky.Order());
    }

    [Fact]
    public void An_optimistic_peer_that_earns_a_regular_slot_frees_the_optimistic_one_at_once()
    {
        ChokeCandidate[] peers = [.. Enumerable.Range(0, 9).Select(i => Peer(download: i) with { IsOptimistic = i == 8 })];
        ChokeDecision decision = Choker.Decide(peers, isSeeding: false, round: 1, _random);

        Assert.Contains(8, Regular(decision));
        Assert.InRange(Assert.NotNull(decision.Optimistic), 0, 1);
        Assert.Equal(Choker.Slots, decision.Unchoked.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Preferred_peers_have_their_own_slots_and_take_none_of_the_others(bool isSeeding)
    {
        ChokeCandidate[] peers = [.. Enumerable.Range(0, 30).Select(i => Peer(100 + i, 100 + i) with { IsPreferred = i < 5 })];
        ChokeDecision decision = Choker.Decide(peers, isSeeding, round: 0, _random);

        Assert.Equal([0, 1, 2, 3, 4, .. Enumerable.Range(23, 7)], Regular(decision));
        Assert.InRange(Assert.NotNull(decision.Optimistic), 5, 22);
    }

    [Fact]
    public void Preferred_peers_beyond_their_slots_are_ranked_with_all_others_and_come_first_among_equals()
    {
        ChokeCandidate[] peers = [.. Enumerable.Range(0, 30).Select(i => Peer(i < 5 ? 10 : 0) with { IsPreferred = i >= 10 })];
        ChokeDecision decision = Choker.Decide(peers, isSeeding: false, round: 0, _random);

        // Eight preferred peers in their own slots, five that upload to us, and two more preferred ones.
        Assert.Equal([0, 1, 2, 3, 4, .. Enumerable.Range(10, 10)], Regular(decision));
    }

    [Theory]
    [InlineData(false, 8, 0, false)]
    [InlineData(false, 7, 0, true)]
    [InlineData(true, 8, 0, true)]
    [InlineData(true, 16, 8, false)]
    [InlineData(true, 15, 8, true)]
    [InlineData(false, 15, 8, true)]
    [InlineData(false, 16, 9, false)]
    [InlineData(true, 10, 10, true)]
    public void Between_two_decisions_a_free_slot_is_given_at_once(bool isPreferred, int unchoked, int unchokedPreferred, bool hasSlot) =>
        Assert.Equal(hasSlot, Choker.HasSlot(isPreferred, unchoked, unchokedPreferred));

    private static ChokeCandidate Peer(long download = 0, long upload = 0) =>
        new(IsInterested: true, IsChoked: true, download, upload, IsOptimistic: false);

    private static IEnumerable<int> Regular(ChokeDecision decision) => decision.Unchoked.Where(i => i != decision.Optimistic).Order();
}
