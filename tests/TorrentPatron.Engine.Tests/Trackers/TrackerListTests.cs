using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Tests.Timing;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Trackers;

public sealed class TrackerListTests
{
    private static readonly SettableClock Clock = new();
    private static readonly Instant Now = Instant.Now(Clock);
    private const AddressFamily Four = AddressFamily.InterNetwork;
    private const AddressFamily Six = AddressFamily.InterNetworkV6;
    private static readonly Uri A = new("http://a.example/announce");
    private static readonly Uri B = new("http://b.example/announce");
    private static readonly Uri C = new("http://c.example/announce");

    [Fact]
    public void At_the_start_the_first_tracker_of_every_tier_is_due()
    {
        TrackerList list = Started([A], [B], [C]);

        Assert.Equal([A, B, C], list.Due(Now).Select(tracker => tracker.Uri));
    }

    [Fact]
    public void Before_the_start_and_after_the_stop_none_is_due()
    {
        var list = new TrackerList([[A]], new Random(1), () => []);
        Assert.Empty(list.Due(Now));
        Assert.Null(list.NextDue);

        list.Start(Now);
        list.Stop();

        Assert.Empty(list.Due(Now));
        Assert.Null(list.NextDue);
    }

    [Fact]
    public void A_list_without_trackers_is_never_due()
    {
        TrackerList list = Started();

        Assert.Empty(list.Due(Now));
        Assert.Null(list.NextDue);
    }

    [Fact]
    public void The_trackers_of_a_tier_are_shuffled_and_tiers_keep_their_order()
    {
        Uri[] tier = [.. Enumerable.Range(0, 20).Select(i => new Uri($"http://{i}.example/announce"))];

        TrackerList list = Started([A], tier);

        Uri[] order = [.. list.Snapshot(Clock).Where(snapshot => snapshot.Tier == 1).Select(snapshot => snapshot.Uri)];
        Assert.Equal(A, list.Snapshot(Clock)[0].Uri);
        Assert.NotEqual(tier, order);
        Assert.Equal(tier.ToHashSet(), order.ToHashSet());
    }

    [Fact]
    public void A_repeated_tracker_counts_once_and_at_most_a_hundred_are_kept()
    {
        var many = Enumerable.Range(0, 300).Select(i => new Uri($"http://{i}.example/announce"));

        Assert.Single(Started([A, A], [A]).Snapshot(Clock));
        Assert.Equal(TrackerList.MaxTrackers, Started(many).Snapshot(Clock).Count);
    }

    [Fact]
    public void During_an_announce_no_other_tracker_of_the_tier_is_due()
    {
        TrackerList list = Started([A, B]);

        list.Begin(Assert.Single(list.Due(Now)));

        Assert.Empty(list.Due(Now));
        Assert.Null(list.NextDue);
    }

    [Fact]
    public void When_a_tracker_fails_the_next_of_its_tier_is_due_at_once()
    {
        TrackerList list = Started([A, B]);
        TrackerSession first = Fail(list, Now);

        TrackerSession second = Assert.Single(list.Due(Now));

        Assert.NotSame(first, second);
    }

    [Fact]
    public void A_tracker_that_works_becomes_the_first_of_its_tier_and_the_others_stand_by()
    {
        TrackerList list = Started([A, B]);
        Fail(list, Now);
        TrackerSession working = Succeed(list, Now);

        TrackerSnapshot[] snapshot = [.. list.Snapshot(Clock)];

        Assert.Equal(working.Uri, snapshot[0].Uri);
        Assert.Equal(TrackerStatus.Working, snapshot[0].Status);
        Assert.Equal(TrackerStatus.Failed, snapshot[1].Status);
        Assert.Null(snapshot[1].NextAnnounce);
        Assert.Equal(Now + TimeSpan.FromMinutes(30), list.NextDue);
        Assert.Same(working, Assert.Single(list.Due(Now + TimeSpan.FromMinutes(30))));
    }

    [Fact]
    public void Failures_back_off_from_half_a_minute_to_half_an_hour()
    {
        TrackerList list = Started([A]);
        Instant now = Now;
        var waits = new List<double>();
        for (int i = 0; i < 40; i++)
        {
            TrackerSession tracker = Fail(list, now);
            waits.Add((tracker.NextAnnounce - now).TotalSeconds);
            now = tracker.NextAnnounce;
        }

        Assert.Equal([30, 60, 120, 240, 480, 960, 1800, 1800], waits.Take(8));
        Assert.All(waits.Skip(8), wait => Assert.Equal(1800, wait));
        Assert.Equal(40, list.Snapshot(Clock)[0].Failures);
    }

    [Fact]
    public void An_answer_ends_the_back_off_and_clears_the_message()
    {
        TrackerList list = Started([A]);
        Fail(list, Now);
        Fail(list, Now + TimeSpan.FromMinutes(1));
        Assert.Equal("broken", list.Snapshot(Clock)[0].Message);

        Succeed(list, Now + TimeSpan.FromMinutes(5));

        Assert.Equal(0, list.Snapshot(Clock)[0].Failures);
        Assert.Null(list.Snapshot(Clock)[0].Message);
    }

    [Fact]
    public void The_first_announce_is_started_even_after_failures_and_the_later_ones_are_plain()
    {
        TrackerList list = Started([A]);
        TrackerSession tracker = Fail(list, Now);
        Assert.Equal(AnnounceEvent.Started, list.Begin(tracker));
        list.Succeeded(tracker, AnnounceEvent.Started, new AnnounceResponse(), Now);

        Assert.Equal(AnnounceEvent.None, list.Begin(tracker));
    }

    [Fact]
    public void Completed_is_announced_at_once_and_only_once()
    {
        TrackerList list = Started([A]);
        TrackerSession tracker = Succeed(list, Now);

        list.Completed(Now + TimeSpan.FromMinutes(1));
        Assert.Same(tracker, Assert.Single(list.Due(Now + TimeSpan.FromMinutes(1))));
        Assert.Equal(AnnounceEvent.Completed, list.Begin(tracker));
        list.Succeeded(tracker, AnnounceEvent.Completed, new AnnounceResponse(), Now + TimeSpan.FromMinutes(1));
        list.Completed(Now + TimeSpan.FromMinutes(2));

        Assert.Equal(Now + TimeSpan.FromMinutes(31), list.NextDue);
        Assert.Equal(AnnounceEvent.None, list.Begin(tracker));
    }

    [Fact]
    public void Completed_during_an_announce_is_announced_right_after_it()
    {
        TrackerList list = Started([A]);
        TrackerSession tracker = Assert.Single(list.Due(Now));
        AnnounceEvent first = list.Begin(tracker);
        list.Completed(Now);

        list.Succeeded(tracker, first, new AnnounceResponse(), Now);

        Assert.Equal(AnnounceEvent.Started, first);
        Assert.Same(tracker, Assert.Single(list.Due(Now)));
        Assert.Equal(AnnounceEvent.Completed, list.Begin(tracker));
    }

    [Fact]
    public void Hurry_respects_the_minimum_interval_and_retries_failed_trackers()
    {
        TrackerList list = Started([A], [B]);
        TrackerSession[] due = [.. list.Due(Now)];
        list.Begin(due[0]);
        list.Succeeded(due[0], AnnounceEvent.Started, new AnnounceResponse { MinInterval = TimeSpan.FromMinutes(2) }, Now);
        list.Begin(due[1]);
        due[1].Failed("broken", Now);

        list.Hurry([], Now + TimeSpan.FromSeconds(10));

        Assert.Same(due[1], Assert.Single(list.Due(Now + TimeSpan.FromSeconds(10))));
        Assert.Equal(Now + TimeSpan.FromMinutes(2), due[0].NextAnnounce);
    }

    [Fact]
    public void Only_trackers_that_have_answered_receive_stopped()
    {
        TrackerList list = Started([A], [B]);
        TrackerSession[] due = [.. list.Due(Now)];
        list.Begin(due[0]);
        list.Succeeded(due[0], AnnounceEvent.Started, new AnnounceResponse(), Now);
        list.Begin(due[1]);
        due[1].Failed("broken", Now);

        Assert.Equal([due[0]], list.Stop());
    }

    [Fact]
    public void An_added_tracker_is_its_own_tier_and_due_at_once()
    {
        TrackerList list = Started([A]);
        Succeed(list, Now);

        Assert.True(list.Add(B, Now));
        Assert.False(list.Add(A, Now));

        Assert.Equal(B, Assert.Single(list.Due(Now)).Uri);
    }

    [Fact]
    public void A_tracker_is_asked_once_over_each_ip_version_over_which_we_can_be_reached()
    {
        TrackerList list = StartedDual([A, B], [C]);

        IReadOnlyList<TrackerSession> due = list.Due(Now);

        Assert.Equal(4, due.Count);
        Assert.Equal([due[0].Uri, due[0].Uri, C, C], due.Select(session => session.Uri));
        Assert.Equal([Four, Six, Four, Six], due.Select(session => session.Family));
        Assert.All(due, session => Assert.Equal(AnnounceEvent.Started, list.Begin(session)));
        Assert.Empty(list.Due(Now));
    }

    [Fact]
    public void A_tracker_that_answers_over_one_ip_version_works_and_the_other_is_tried_again_after_its_back_off()
    {
        TrackerList list = StartedDual([A, B]);
        TrackerSession[] due = [.. list.Due(Now)];
        list.Begin(due[0]);
        list.Begin(due[1]);
        list.Succeeded(due[0], AnnounceEvent.Started, new AnnounceResponse { Seeders = 2 }, Now);
        due[1].Failed("dead", Now);

        TrackerSnapshot snapshot = list.Snapshot(Clock)[0];

        Assert.Equal((TrackerStatus.Working, null, 0, 2), (snapshot.Status, snapshot.Message, snapshot.Failures, snapshot.Seeders));
        Assert.Same(due[1], Assert.Single(list.Due(Now + TimeSpan.FromSeconds(30))));
        Assert.Equal([due[0]], list.Stop());
    }

    [Fact]
    public void The_next_tracker_of_the_tier_has_its_turn_when_neither_ip_version_is_answered()
    {
        TrackerList list = StartedDual([A, B]);
        TrackerSession[] due = [.. list.Due(Now)];
        list.Begin(due[0]);
        list.Begin(due[1]);
        due[0].Failed("dead", Now);
        Assert.Empty(list.Due(Now));

        due[1].Failed("dead", Now);

        Assert.Equal(2, list.Due(Now).Count);
        Assert.DoesNotContain(list.Due(Now), session => session.Uri == due[0].Uri);
        Assert.Equal(TrackerStatus.Failed, list.Snapshot(Clock).Single(snapshot => snapshot.Uri == due[0].Uri).Status);
    }

    [Fact]
    public void An_ip_version_without_a_tracker_address_is_not_a_failure_and_is_resolved_again_hours_later()
    {
        TrackerList list = StartedDual([A]);
        TrackerSession[] due = [.. list.Due(Now)];
        list.Begin(due[0]);
        list.Begin(due[1]);
        due[1].Tracker.BecomeAbsent(due[1], Now);
        list.Succeeded(due[0], AnnounceEvent.Started, new AnnounceResponse(), Now);

        Assert.Equal(TrackerStatus.Working, list.Snapshot(Clock)[0].Status);
        Assert.Same(due[0], Assert.Single(list.Due(Now + TimeSpan.FromHours(5))));
        Assert.Contains(due[1], list.Due(Now + TimeSpan.FromHours(6)));
    }

    [Fact]
    public void A_tracker_that_has_only_addresses_of_the_other_ip_version_is_asked_there()
    {
        var list = new TrackerList([[A]], new Random(1), () => [Four]);
        list.Start(Now);
        TrackerSession four = Assert.Single(list.Due(Now));
        list.Begin(four);

        four.Tracker.BecomeAbsent(four, Now);

        Assert.Equal(AddressFamily.Unspecified, Assert.Single(list.Due(Now)).Family);
    }

    private static TrackerList StartedDual(params IEnumerable<Uri>[] tiers)
    {
        var list = new TrackerList(tiers, new Random(1), () => [Four, Six]);
        list.Start(Now);
        return list;
    }

    private static TrackerList Started(params IEnumerable<Uri>[] tiers)
    {
        var list = new TrackerList(tiers, new Random(1), () => []);
        list.Start(Now);
        return list;
    }

    private static TrackerSession Succeed(TrackerList list, Instant now)
    {
        TrackerSession tracker = Assert.Single(list.Due(now));
        list.Succeeded(tracker, list.Begin(tracker), new AnnounceResponse(), now);
        return tracker;
    }

    private static TrackerSession Fail(TrackerList list, Instant now)
    {
        TrackerSession tracker = Assert.Single(list.Due(now));
        list.Begin(tracker);
        tracker.Failed("broken", now);
        return tracker;
    }
}
