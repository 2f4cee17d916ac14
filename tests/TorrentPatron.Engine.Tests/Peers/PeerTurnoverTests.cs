using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerTurnoverTests
{
    private const int Most = 100;

    private static readonly Instant Start = Instant.Now(TimeProvider.System);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    private readonly PeerTurnover _turnover = new();

    [Fact]
    public void A_peer_idle_after_one_block_is_disconnected_if_others_wait() =>
        Assert.Equal([1], _turnover.Choose([Busy(1000), new(Long, Idle: TimeSpan.FromMinutes(2), Recent: 5, false)], Most, false, true, Start));

    [Fact]
    public void No_peer_is_disconnected_if_none_is_waiting() => Assert.Empty(_turnover.Choose([new(Long, Long, 0, false)], Most, false, false, Start));

    [Fact]
    public void Few_peers_are_disconnected_at_once()
    {
        TurnoverCandidate[] idle = [.. Enumerable.Repeat(new TurnoverCandidate(Long, Long, 0, false), Most)];
        Assert.Equal(5, _turnover.Choose(idle, Most, false, true, Start).Count);
    }

    [Fact]
    public void Newcomers_and_peers_given_by_hand_are_not_disconnected() =>
        Assert.Empty(_turnover.Choose([new(TimeSpan.FromSeconds(59), Long, 0, false), new(Long, Long, 0, true)], Most, true, true, Start));

    [Fact]
    public void Peers_that_were_never_useful_and_want_nothing_are_disconnected_sooner_and_more_at_once()
    {
        TimeSpan some = PeerTurnover.ShortPatience + TimeSpan.FromSeconds(1);
        TurnoverCandidate useless = new(some, some, 0, IsTrusted: false, IsUseless: true);
        Assert.Equal([1], _turnover.Choose([useless with { IsUseless = false }, useless, useless with { IsTrusted = true }], Most, false, true, Start));
        Assert.Empty(_turnover.Choose([useless with { Age = PeerTurnover.ShortPatience }, useless with { Idle = default }], Most, false, true, Start));
        Assert.Empty(_turnover.Choose([useless], Most, false, false, Start));
        Assert.Equal(11, _turnover.Choose([.. Enumerable.Repeat(useless, Most)], Most, false, true, Start).Count);
    }

    [Fact]
    public void While_others_are_refused_the_least_useful_peer_is_disconnected_now_and_then()
    {
        TurnoverCandidate[] peers = [Busy(3000), Busy(1000), Busy(2000)];
        Assert.Empty(_turnover.Choose(peers, Most, false, true, Start));
        Assert.Equal([1], _turnover.Choose(peers, Most, true, true, Start));
        Assert.Empty(_turnover.Choose(peers, Most, true, true, Start + PeerTurnover.Interval - TimeSpan.FromSeconds(1)));
        Assert.Equal([1], _turnover.Choose(peers, Most, true, true, Start + PeerTurnover.Interval));
    }

    [Fact]
    public void A_preferred_peer_stays_if_it_is_the_least_useful_but_not_if_it_is_idle()
    {
        Assert.Equal([2], _turnover.Choose([Busy(3000), Busy(1000) with { IsPreferred = true }, Busy(2000)], Most, true, true, Start));
        Assert.Equal([0], _turnover.Choose([new(Long, Long, 0, false, IsPreferred: true)], Most, true, true, Start));
    }

    [Fact]
    public void Usefulness_fades_and_a_peer_waiting_for_us_is_not_idle()
    {
        var use = new PeerUse(Start);
        use.Note(1000, isWaiting: false, Start);
        Assert.Equal(1000, use.Recent);

        use.Note(1000, isWaiting: false, Start + TimeSpan.FromMinutes(2));
        Assert.Equal(TimeSpan.FromMinutes(2), use.Idle);
        Assert.InRange(use.Recent, 367, 368);

        use.Note(1000, isWaiting: true, Start + TimeSpan.FromMinutes(4));
        Assert.Equal(TimeSpan.Zero, use.Idle);
        Assert.InRange(use.Recent, 135, 136);
    }

    private static TurnoverCandidate Busy(double recent) => new(Long, TimeSpan.Zero, recent, IsTrusted: false);
}
