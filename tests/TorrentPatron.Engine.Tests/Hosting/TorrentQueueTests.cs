using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Tests.Timing;

namespace TorrentPatron.Engine.Tests.Hosting;

/// <summary>Turns and positions in the queue, without torrents.</summary>
public sealed class TorrentQueueTests
{
    private readonly SettableClock _clock = new();
    private readonly TorrentQueue _queue;
    private ClientSettings _settings = new() { MaxActiveDownloads = 2, MaxActiveSeeds = 1 };

    public TorrentQueueTests() => _queue = new TorrentQueue(() => _settings, _clock);

    [Fact]
    public void The_first_torrents_have_a_turn_and_the_others_wait()
    {
        Torrent[] torrents = Add(4);

        Assert.Equal([true, true, false, false], torrents.Select(Download));
        Assert.Equal([1, 2, 3, 4], torrents.Select(torrent => _queue.PositionOf(torrent.Place)));
    }

    [Fact]
    public void Without_limits_every_torrent_has_a_turn()
    {
        _settings = new ClientSettings();
        Torrent[] torrents = Add(50);

        Assert.All(torrents, torrent => Assert.True(Download(torrent)));
        Assert.All(torrents, torrent => Assert.Equal(0, torrent.Changes));
        Assert.False(_queue.IsLimited);
    }

    [Fact]
    public void The_end_of_a_torrent_gives_the_next_one_its_turn()
    {
        Torrent[] torrents = Add(4);
        Array.ForEach(torrents, torrent => Download(torrent));

        _queue.Follow(torrents[0].Place, TorrentState.Suspended, isComplete: false);
        _queue.Tick();
        Assert.Equal([false, true, true, false], Turns(torrents));
        _queue.Follow(torrents[1].Place, TorrentState.Failed, isComplete: false);
        _queue.Tick();
        Assert.Equal([false, false, true, true], Turns(torrents));
        Assert.Equal([0, 0, 1, 1], torrents.Select(torrent => torrent.Changes));
    }

    [Fact]
    public void A_completed_download_moves_to_the_seeds()
    {
        Torrent[] torrents = Add(4);
        Array.ForEach(torrents, torrent => Download(torrent));

        _queue.Follow(torrents[0].Place, TorrentState.Seeding, isComplete: true);
        _queue.Follow(torrents[1].Place, TorrentState.Seeding, isComplete: true);

        _queue.Tick();

        // The second seed is over the limit of one, and is told so.
        Assert.Equal([true, false, true, true], Turns(torrents));
        Assert.Equal([0, 1, 1, 1], torrents.Select(torrent => torrent.Changes));
    }

    [Fact]
    public void An_earlier_torrent_takes_the_turn_of_the_last_one()
    {
        Torrent[] torrents = Add(3);
        Assert.True(Download(torrents[1]));
        Assert.True(Download(torrents[2]));

        Assert.False(Download(torrents[0]));
        _queue.Tick();
        Assert.Equal([true, true, false], Turns(torrents));
        Assert.Equal([1, 0, 1], torrents.Select(torrent => torrent.Changes));
    }

    [Fact]
    public void A_moved_torrent_gets_its_position_and_its_turn()
    {
        Torrent[] torrents = Add(5);
        Array.ForEach(torrents, torrent => Download(torrent));

        _queue.Move(torrents[4].Place, 1);
        Assert.Equal([2, 3, 4, 5, 1], Positions(torrents));
        Assert.Equal([true, false, false, false, true], Turns(torrents));

        _queue.Move(torrents[0].Place, int.MaxValue);
        Assert.Equal([5, 2, 3, 4, 1], Positions(torrents));
        Assert.Equal([false, true, false, false, true], Turns(torrents));

        _queue.Move(torrents[0].Place, 3);
        Assert.Equal([3, 2, 4, 5, 1], Positions(torrents));
    }

    [Fact]
    public void Any_number_of_moves_to_the_same_position_finds_room()
    {
        Torrent[] torrents = Add(200);
        var expected = torrents.ToList();
        for (int i = 0; i < 2_000; i++)
        {
            Torrent moved = expected[100 + (i % 100)];
            _queue.Move(moved.Place, 51);
            expected.Remove(moved);
            expected.Insert(50, moved);
        }

        int told = torrents.Sum(torrent => torrent.KeyChanges);
        Assert.Equal(expected, torrents.OrderBy(torrent => _queue.PositionOf(torrent.Place)));
        Assert.Equal(torrents.Length, torrents.Select(torrent => torrent.Place.Key).Distinct().Count());
        // Some torrents had to move up a little, and were told so that it is saved; far from all of them each time.
        Assert.InRange(told, 1, 2_000 * 20);
    }

    [Fact]
    public void A_lower_limit_takes_turns_from_the_last_and_a_higher_one_gives_them_to_the_next()
    {
        Torrent[] torrents = Add(4);
        Array.ForEach(torrents, torrent => Download(torrent));

        _settings = _settings with { MaxActiveDownloads = 1 };
        _queue.LimitsChanged();
        Assert.Equal([true, false, false, false], Turns(torrents));
        _settings = _settings with { MaxActiveDownloads = 3 };
        _queue.LimitsChanged();
        Assert.Equal([true, true, true, false], Turns(torrents));
        _settings = _settings with { MaxActiveDownloads = 0 };
        _queue.LimitsChanged();
        Assert.Equal([true, true, true, true], Turns(torrents));
        // The second lost its turn and got it back.
        Assert.Equal([0, 2, 1, 1], torrents.Select(torrent => torrent.Changes));
    }

    [Fact]
    public void An_idle_torrent_does_not_count_until_it_moves_data_again()
    {
        Torrent[] torrents = Add(4);
        Array.ForEach(torrents, torrent => Download(torrent));

        _queue.NoteIdle(torrents[0].Place, isIdle: true);
        _queue.Tick();
        Assert.Equal([true, true, true, false], Turns(torrents));
        _queue.NoteIdle(torrents[0].Place, isIdle: false);
        _queue.Tick();
        Assert.Equal([true, true, false, false], Turns(torrents));
    }

    [Fact]
    public void Torrents_that_are_stopped_one_after_the_other_start_none_in_between()
    {
        Torrent[] torrents = Add(50);
        Array.ForEach(torrents, torrent => Download(torrent));
        foreach (Torrent torrent in torrents[..40])
            _queue.Leave(torrent.Place);
        // A torrent that asks meanwhile does not overtake those that wait.
        Torrent late = Add(1)[0];
        Assert.False(Download(late));

        _queue.Tick();
        Assert.Equal(torrents[40..42], torrents.Where(torrent => torrent.Place.MayRun));
        Assert.Equal(2, torrents.Sum(torrent => torrent.Changes));
    }

    [Fact]
    public void A_torrent_that_is_checked_or_moved_keeps_its_turn()
    {
        Torrent[] torrents = Add(3);
        Array.ForEach(torrents, torrent => Download(torrent));

        _queue.Follow(torrents[0].Place, TorrentState.Checking, isComplete: false);
        _queue.Follow(torrents[1].Place, TorrentState.Moving, isComplete: false);
        _queue.Tick();
        Assert.Equal([true, true, false], Turns(torrents));
    }

    [Fact]
    public void A_removed_torrent_has_no_position_and_makes_room()
    {
        Torrent[] torrents = Add(3);
        Array.ForEach(torrents, torrent => Download(torrent));

        _queue.Remove(torrents[0].Place);
        _queue.Remove(torrents[0].Place);
        _queue.Tick();
        Assert.Equal([null, 1, 2], Positions(torrents));
        Assert.Equal([false, true, true], Turns(torrents));
        Assert.False(Download(torrents[0]));
    }

    [Fact]
    public void Saved_places_give_the_same_order_whichever_torrent_comes_first()
    {
        Torrent[] torrents = Add(5);
        _queue.Move(torrents[3].Place, 2);
        long[] keys = [.. torrents.Select(torrent => torrent.Place.Key)];

        _clock.Advance(TimeSpan.FromHours(1));
        var next = new TorrentQueue(() => _settings, _clock);
        Torrent[] restored = [.. keys.Select(_ => new Torrent())];
        var added = new Torrent();
        next.Add(restored[4].Place, requestedAt: null);
        next.Restore(restored[4].Place, keys[4]);
        next.Add(added.Place, requestedAt: null);
        for (int i = 0; i < 4; i++)
        {
            next.Add(restored[i].Place, requestedAt: null);
            next.Restore(restored[i].Place, keys[i]);
        }

        Assert.Equal([1, 3, 4, 2, 5], restored.Select(torrent => next.PositionOf(torrent.Place)));
        Assert.Equal(6, next.PositionOf(added.Place));
    }

    [Fact]
    public void Torrents_that_are_added_together_come_in_the_order_of_their_requests()
    {
        DateTimeOffset now = _clock.GetUtcNow();
        Torrent second = new(), first = new();
        _queue.Add(second.Place, now + TimeSpan.FromMilliseconds(2));
        _queue.Add(first.Place, now + TimeSpan.FromMilliseconds(1));

        Assert.Equal([1, 2], Positions([first, second]));
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void Absurd_saved_places_do_no_harm(long key)
    {
        Torrent[] torrents = Add(3);
        foreach (Torrent torrent in torrents)
            _queue.Restore(torrent.Place, key);
        _queue.Move(torrents[0].Place, 2);
        _queue.Move(torrents[2].Place, 3);
        _queue.Move(torrents[2].Place, 1);

        Assert.Equal([1, 2, 3], Positions(torrents).Order());
        Assert.Equal(1, _queue.PositionOf(torrents[2].Place));
        Assert.NotNull(_queue.PositionOf(Add(1)[0].Place));
    }

    [Fact]
    public void A_closed_queue_gives_no_turns()
    {
        Torrent[] torrents = Add(4);
        Array.ForEach(torrents, torrent => Download(torrent));

        _queue.Close();
        _queue.Remove(torrents[0].Place);
        _queue.Tick();
        Assert.Equal([false, true, false, false], Turns(torrents));
        Assert.All(torrents, torrent => Assert.Equal(0, torrent.Changes));
    }

    private Torrent[] Add(int count)
    {
        Torrent[] torrents = [.. Enumerable.Range(0, count).Select(_ => new Torrent())];
        foreach (Torrent torrent in torrents)
            _queue.Add(torrent.Place, requestedAt: null);
        return torrents;
    }

    private bool Download(Torrent torrent) => _queue.Want(torrent.Place, QueueRole.Download);

    private IEnumerable<int?> Positions(Torrent[] torrents) => torrents.Select(torrent => _queue.PositionOf(torrent.Place));

    private static IEnumerable<bool> Turns(Torrent[] torrents) => torrents.Select(torrent => torrent.Place.MayRun);

    private sealed class Torrent : IQueuedTorrent
    {
        public Torrent() => Place = new QueuePlace(this);

        public QueuePlace Place { get; }

        public int Changes { get; private set; }

        public int KeyChanges { get; private set; }

        void IQueuedTorrent.TurnChanged() => Changes++;

        void IQueuedTorrent.KeyChanged() => KeyChanges++;
    }
}
