using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerDirectoryTests
{
    private static readonly Instant Start = Instant.Now(TimeProvider.System);

    private static readonly PeerOrigin TrackerA = new(PeerSource.Tracker, new Uri("http://a.example/announce"));
    private static readonly PeerOrigin TrackerB = new(PeerSource.Tracker, new Uri("http://b.example/announce"));

    private readonly PeerDirectory _directory = new(new Random(1));

    [Fact]
    public void An_address_reported_to_prefer_encryption_is_dialled_encrypted_unless_it_was_known_before()
    {
        _directory.HintEncryption(At(1));
        _directory.Add(At(1), PeerSource.PeerExchange);
        _directory.Add(At(2), PeerSource.PeerExchange);
        _directory.HintEncryption(At(2));
        Assert.True(_directory.LikesEncryption(At(1)));
        Assert.False(_directory.LikesEncryption(At(2)));
        _directory.NoteEncryption(At(1), isEncrypted: false);
        _directory.HintEncryption(At(1));
        Assert.False(_directory.LikesEncryption(At(1)));
    }

    [Fact]
    public void An_address_in_use_is_not_dialled_twice()
    {
        Assert.True(_directory.Add(At(1), PeerSource.Tracker));
        Assert.False(_directory.Add(At(1), PeerSource.Tracker));
        Assert.Equal(At(1), _directory.TakeNext(Start, DialEffort.More));
        Assert.Null(_directory.TakeNext(Start, DialEffort.More));
    }

    [Theory]
    [InlineData(DialEffort.More, 20, 40, 80, 160, 320, 320, 320)]
    [InlineData(DialEffort.Most, 20, 40, 80, 120, 120, 120, 120)]
    internal void After_each_failure_an_address_is_dialled_again_at_intervals_that_grow_to_some_minutes(DialEffort effort, params int[] waits)
    {
        _directory.Add(At(1), PeerSource.Tracker);
        Instant now = Start;
        foreach (int seconds in waits)
        {
            Assert.Equal(At(1), _directory.TakeNext(now, effort));
            _directory.Ended(At(1), wasUseful: false, now, effort);
            Assert.False(_directory.HasNext(now + TimeSpan.FromSeconds(seconds - 1), effort));
            now += TimeSpan.FromSeconds(seconds);
        }

        Assert.True(_directory.HasNext(now, effort));
    }

    [Fact]
    public void When_the_last_peer_has_left_addresses_with_long_delays_are_dialled_sooner()
    {
        _directory.Add(At(1), PeerSource.Tracker);
        for (int i = 0; i < 9; i++)
            _directory.Ended(At(1), wasUseful: false, Start, DialEffort.More);

        Assert.False(_directory.HasNext(Start + TimeSpan.FromMinutes(2), DialEffort.More));
        Assert.True(_directory.HasNext(Start + TimeSpan.FromMinutes(2), DialEffort.Most));
    }

    [Fact]
    public void A_complete_torrent_forgets_an_address_after_five_failures_unless_it_was_given_by_hand()
    {
        _directory.Add(At(1), PeerSource.Tracker);
        _directory.Add(At(2), PeerSource.Manual);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(2, _directory.Count);
            _directory.Ended(At(1), wasUseful: false, Start, DialEffort.Little);
            _directory.Ended(At(2), wasUseful: false, Start, DialEffort.Little);
        }

        Assert.Equal((1, PeerSource.Manual), (_directory.Count, _directory.SourceOf(At(2))));
    }

    [Theory]
    [InlineData(PeerSource.Tracker, true)]
    [InlineData(PeerSource.LocalDiscovery, true)]
    [InlineData(PeerSource.Manual, true)]
    [InlineData(PeerSource.Dht, false)]
    [InlineData(PeerSource.PeerExchange, false)]
    public void An_address_named_again_by_a_source_that_has_just_seen_the_peer_is_dialled_at_once(PeerSource source, bool isDialled)
    {
        _directory.Add(At(1), PeerSource.Tracker);
        _directory.Ended(At(1), wasUseful: false, Start, DialEffort.More);
        Assert.False(_directory.HasNext(Start, DialEffort.More));

        _directory.Add(At(1), source);

        Assert.Equal(isDialled, _directory.HasNext(Start, DialEffort.More));
    }

    [Fact]
    public void After_an_outage_of_the_network_the_failures_of_all_are_forgiven()
    {
        for (int i = 1; i <= 5; i++)
            _directory.Add(At(i), PeerSource.Tracker);
        for (int failure = 0; failure < 4; failure++)
        {
            for (int i = 1; i <= 5; i++)
                _directory.Ended(At(i), wasUseful: false, Start, DialEffort.More);
        }

        _directory.Reached(At(3));

        for (int i = 1; i <= 5; i++)
            Assert.NotNull(_directory.TakeNext(Start, DialEffort.More));
    }

    [Fact]
    public void Reaching_one_peer_does_not_forgive_earlier_failures_of_others()
    {
        for (int i = 1; i <= 5; i++)
            _directory.Add(At(i), PeerSource.Tracker);
        for (int failure = 0; failure < 9; failure++)
            _directory.Ended(At(1), wasUseful: false, Start, DialEffort.More);

        _directory.Reached(At(2));

        Assert.Equal(4, Enumerable.Range(0, 9).Count(_ => _directory.TakeNext(Start, DialEffort.More) is not null));
    }

    [Fact]
    public void A_connection_that_we_close_does_not_count_as_a_failure()
    {
        _directory.Add(At(1), PeerSource.Tracker);
        Assert.NotNull(_directory.TakeNext(Start, DialEffort.More));
        _directory.Released(At(1));

        Assert.NotNull(_directory.TakeNext(Start, DialEffort.More));
    }

    [Fact]
    public void A_trusted_address_comes_first_and_is_never_forgotten()
    {
        _directory.Add(At(1), PeerSource.Tracker);
        _directory.Add(At(2), PeerSource.Tracker);
        _directory.Add(At(2), PeerSource.Manual);
        Assert.Equal(At(2), _directory.TakeNext(Start, DialEffort.More));
        for (int i = 0; i < 20; i++)
            _directory.Ended(At(2), wasUseful: false, Start, DialEffort.More);
        Assert.Equal(2, _directory.Count);
    }

    [Fact]
    public void A_retry_of_all_addresses_excludes_only_ourselves()
    {
        _directory.Add(At(1), PeerSource.Tracker);
        _directory.Add(At(2), PeerSource.Tracker);
        _directory.Ended(At(1), wasUseful: false, Start, DialEffort.More);
        _directory.Forget(At(2));
        _directory.RetryAll();
        Assert.Equal(At(1), _directory.TakeNext(Start, DialEffort.More));
        Assert.Null(_directory.TakeNext(Start, DialEffort.More));
    }

    [Fact]
    public void A_banned_peer_is_forgotten_at_its_dialled_port_and_others_at_its_address_stay()
    {
        _directory.Add(At(1, 6001), PeerSource.Tracker);
        _directory.Add(At(1, 6002), PeerSource.Tracker);
        _directory.Add(At(1, 6003), PeerSource.Tracker);
        _directory.Ban(At(1, 6001), Id(1), wasDialled: true);

        Assert.Equal(2, _directory.Count);
        Assert.True(_directory.IsBanned(At(1, 6001), Id(9)));
        Assert.True(_directory.IsBanned(At(1, 777), Id(1)));
        Assert.False(_directory.IsBanned(At(1, 6003), Id(2)));
        Assert.False(_directory.IsBanned(At(2, 1), Id(1)));
        Assert.False(_directory.Add(At(1, 6001), PeerSource.Tracker));
    }

    [Fact]
    public void A_peer_that_dialled_us_has_no_port_banned()
    {
        _directory.Add(At(1, 6001), PeerSource.Tracker);
        _directory.Ban(At(1, 6001), Id(1), wasDialled: false);

        Assert.Equal(1, _directory.Count);
        Assert.True(_directory.IsBanned(At(1, 6001), Id(1)));
        Assert.False(_directory.IsBanned(At(1, 6001), Id(2)));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void On_this_machine_only_the_ports_that_were_dialled_are_banned(string text)
    {
        var address = IPAddress.Parse(text);
        for (byte i = 1; i <= 5; i++)
            _directory.Ban(new IPEndPoint(address, 7000 + i), Id(i), wasDialled: i < 5);

        Assert.True(_directory.IsBanned(new IPEndPoint(address, 7001), Id(9)));
        Assert.False(_directory.IsBanned(new IPEndPoint(address, 7005), Id(9)));
        Assert.False(_directory.IsBanned(new IPEndPoint(address, 7009), Id(5)));
        Assert.True(_directory.Add(new IPEndPoint(address, 7009), PeerSource.Manual));
    }

    [Fact]
    public void When_the_ban_list_is_full_the_newest_replaces_the_oldest()
    {
        for (int i = 0; i <= PeerBans.Capacity; i++)
            _directory.Ban(At(i), Id(1), wasDialled: true);

        Assert.False(_directory.IsBanned(At(0), Id(1)));
        Assert.True(_directory.IsBanned(At(1), Id(1)));
        Assert.True(_directory.IsBanned(At(PeerBans.Capacity), Id(1)));
    }

    [Fact]
    public void An_address_at_which_three_peers_were_banned_is_shut_out()
    {
        _directory.Add(At(1, 8), PeerSource.Tracker);
        for (byte i = 1; i <= 3; i++)
        {
            Assert.False(_directory.IsBanned(At(1, 9), Id(9)));
            _directory.Ban(At(1, i), Id(i), wasDialled: false);
            _directory.Ban(At(1, i), Id(i), wasDialled: false);
        }

        Assert.True(_directory.IsBanned(At(1, 9), Id(9)));
        Assert.Equal(0, _directory.Count);
        Assert.False(_directory.Add(At(1, 10), PeerSource.Tracker));
    }

    [Fact]
    public void An_IPv6_customer_network_counts_as_one_address()
    {
        for (byte i = 1; i <= 3; i++)
            _directory.Ban(new IPEndPoint(IPAddress.Parse($"2001:db8:0:1:{i}::1"), 1), Id(i), wasDialled: false);

        Assert.True(_directory.IsBanned(new IPEndPoint(IPAddress.Parse("2001:db8:0:1:ffff::1"), 1), Id(9)));
        Assert.False(_directory.IsBanned(new IPEndPoint(IPAddress.Parse("2001:db8:0:2::1"), 1), Id(9)));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("::")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:224.0.0.1")]
    public void An_address_that_does_not_identify_one_host_is_rejected(string address) =>
        Assert.False(_directory.Add(new IPEndPoint(IPAddress.Parse(address), 6881), PeerSource.Tracker));

    [Fact]
    public void It_is_bounded_and_makes_room_only_for_trusted_addresses()
    {
        for (int i = 0; i < PeerDirectory.Capacity; i++)
            Assert.True(_directory.Add(At(i), PeerSource.Tracker));
        Assert.False(_directory.Add(At(5000), PeerSource.Tracker));
        Assert.True(_directory.Add(At(5001), PeerSource.Manual));
        Assert.Equal(PeerDirectory.Capacity, _directory.Count);
        Assert.False(_directory.Add(new IPEndPoint(IPAddress.Loopback, 0), PeerSource.Tracker));
    }

    [Fact]
    public void Near_addresses_come_first_then_those_named_by_several_sources()
    {
        for (int i = 0; i < 100; i++)
            _directory.Add(At(i), PeerSource.Tracker);
        _directory.Add(At(50), PeerSource.Dht);
        _directory.Add(At(60), PeerSource.LocalDiscovery);
        _directory.Add(At(50), PeerSource.PeerExchange);

        Assert.Equal(At(60), _directory.TakeNext(Start, DialEffort.More));
        Assert.Equal(At(50), _directory.TakeNext(Start, DialEffort.More));
        Assert.Equal((PeerSource.Tracker, 100, 1), (_directory.SourceOf(At(50)), _directory.CountOf(PeerSource.Tracker), _directory.CountOf(PeerSource.Dht)));
    }

    [Fact]
    public void Addresses_that_failed_come_after_those_that_did_not()
    {
        _directory.Add(At(1), PeerSource.LocalDiscovery);
        _directory.Add(At(2), PeerSource.Tracker);
        _directory.Ended(At(1), wasUseful: false, Start, DialEffort.More);
        Assert.Equal(At(2), _directory.TakeNext(Start + TimeSpan.FromMinutes(1), DialEffort.More));
        Assert.Equal(At(1), _directory.TakeNext(Start + TimeSpan.FromMinutes(1), DialEffort.More));
    }

    [Fact]
    public void Addresses_of_a_preferred_class_are_dialled_first_and_then_by_turns_with_others()
    {
        using RateLimiter unlimited = new(TimeProvider.System, 0);
        using var classes = new PeerClassTable(new ClientSettings(), unlimited, unlimited, TimeProvider.System);
        var directory = new PeerDirectory(new Random(1), classes: classes);
        for (int i = 1; i <= 20; i++)
        {
            directory.Add(new IPEndPoint(new IPAddress([80, 1, 1, (byte)i]), 6881), TrackerA);
            directory.Add(At(i), new PeerOrigin(PeerSource.PeerExchange, null));
        }

        bool[] areLocal = [.. Enumerable.Range(0, 10).Select(_ => directory.TakeNext(Start, DialEffort.More)!.Address.GetAddressBytes()[0] == 10)];
        Assert.True(areLocal[0]);
        // Many preferred addresses do not hide the others; a turn of all addresses may also go to a preferred one.
        Assert.InRange(areLocal.Count(isLocal => isLocal), 5, 8);
    }

    [Fact]
    public void A_class_that_becomes_preferred_is_dialled_first()
    {
        using RateLimiter unlimited = new(TimeProvider.System, 0);
        using var classes = new PeerClassTable(new ClientSettings(), unlimited, unlimited, TimeProvider.System);
        var directory = new PeerDirectory(new Random(1), classes: classes);
        for (int i = 1; i <= 20; i++)
            directory.Add(new IPEndPoint(new IPAddress([80, 1, 1, (byte)i]), 6881), TrackerA);
        Assert.True(directory.HasNext(Start, DialEffort.More));
        foreach (string address in (string[])["80.1.1.7", "80.1.1.13"])
        {
            Assert.True(PeerClass.TryMake("friend", [address], out PeerClass? friend, out _));
            classes.Apply(new ClientSettings { PeerClasses = [friend with { IsPreferred = true }] });
            Assert.Equal(address, directory.TakeNext(Start, DialEffort.More)!.Address.ToString());
        }
    }

    [Fact]
    public void On_the_internet_the_canonical_priority_decides()
    {
        var self = IPEndPoint.Parse("123.213.32.10:6881");
        var directory = new PeerDirectory(new Random(1), _ => self);
        IPEndPoint[] peers = [.. Enumerable.Range(0, 50).Select(i => new IPEndPoint(new IPAddress([50, (byte)i, (byte)(7 * i), 1]), 6881))];
        foreach (IPEndPoint peer in peers)
            directory.Add(peer, PeerSource.Tracker);
        foreach (IPEndPoint peer in peers.OrderByDescending(peer => PeerPriority.Compute(self, peer)))
            Assert.Equal(peer, directory.TakeNext(Start, DialEffort.More));
    }

    [Fact]
    public void A_source_with_many_addresses_does_not_displace_those_of_others()
    {
        for (int i = 0; i < 100; i++)
            _directory.Add(At(i), PeerSource.Tracker);
        for (int i = 1000; i < 9000; i++)
            _directory.Add(At(i), PeerSource.PeerExchange);
        Assert.Equal((100, 900), (_directory.CountOf(PeerSource.Tracker), _directory.CountOf(PeerSource.PeerExchange)));

        for (int i = 100; i < 300; i++)
            Assert.True(_directory.Add(At(i), PeerSource.Tracker));
        Assert.Equal(PeerDirectory.Capacity, _directory.Count);
        Assert.InRange(_directory.CountOf(PeerSource.Tracker), 100, 300);
    }

    [Fact]
    public void Addresses_that_failed_are_replaced_by_new_ones()
    {
        for (int i = 0; i < PeerDirectory.Capacity; i++)
            _directory.Add(At(i), PeerSource.Tracker);
        _directory.Ended(At(7), wasUseful: false, Start, DialEffort.More);
        Assert.True(_directory.Add(At(5000), PeerSource.Tracker));
        Assert.Equal(PeerSource.Unknown, _directory.SourceOf(At(7)));
        Assert.False(_directory.Add(At(5001), PeerSource.Tracker));
    }

    [Fact]
    public void When_it_is_full_the_worst_leave_first_and_those_given_by_hand_last()
    {
        for (int i = 0; i < PeerDirectory.Capacity; i++)
            _directory.Add(At(i), i < 10 ? PeerSource.Manual : PeerSource.Tracker);
        foreach ((int address, int failures) in (ReadOnlySpan<(int, int)>)[(3, 9), (500, 1), (501, 7), (502, 3)])
        {
            for (int i = 0; i < failures; i++)
                _directory.Ended(At(address), wasUseful: false, Start, DialEffort.More);
        }

        foreach (int worst in (int[])[501, 502, 500])
        {
            Assert.NotEqual(PeerSource.Unknown, _directory.SourceOf(At(worst)));
            Assert.True(_directory.Add(At(5000 + worst), PeerSource.Dht));
            Assert.Equal(PeerSource.Unknown, _directory.SourceOf(At(worst)));
        }

        Assert.Equal(PeerSource.Manual, _directory.SourceOf(At(3)));
    }

    [Fact]
    public void Among_addresses_given_by_hand_failed_ones_make_room_for_new_ones()
    {
        for (int i = 0; i < PeerDirectory.Capacity; i++)
            _directory.Add(At(i), PeerSource.Manual);
        _directory.Ended(At(7), wasUseful: false, Start, DialEffort.More);

        Assert.False(_directory.Add(At(5000), PeerSource.Tracker));
        Assert.True(_directory.Add(At(5001), PeerSource.Manual));
        Assert.Equal(PeerSource.Unknown, _directory.SourceOf(At(7)));
        Assert.Equal(PeerDirectory.Capacity, _directory.Count);
    }

    [Fact]
    public void Addresses_known_only_from_sources_of_a_public_torrent_can_be_forgotten()
    {
        _directory.Add(At(1), PeerSource.Tracker);
        _directory.Add(At(2), PeerSource.Dht);
        _directory.Add(At(3), PeerSource.PeerExchange);
        _directory.Add(At(3), PeerSource.Dht);
        _directory.Add(At(4), PeerSource.Dht);
        _directory.Add(At(4), PeerSource.Tracker);
        _directory.ForgetAllOf(PeerSource.Dht, PeerSource.PeerExchange);
        Assert.Equal(2, _directory.Count);
        Assert.Equal(PeerSource.Unknown, _directory.SourceOf(At(2)));
    }

    [Fact]
    public void Proven_addresses_are_those_reached_connected_ones_first_and_since_failed_ones_last()
    {
        for (int i = 1; i <= 4; i++)
            _directory.Add(At(i), PeerSource.Tracker);
        foreach (int i in (int[])[1, 2, 3])
            _directory.Reached(At(i));
        _directory.Reached(At(99));
        _directory.Ended(At(1), wasUseful: false, Start, DialEffort.More);
        while (_directory.TakeNext(Start, DialEffort.More) is { } taken && !taken.Equals(At(3)))
        {
        }

        _directory.Ended(At(2), wasUseful: true, Start, DialEffort.More);
        Assert.Equal([At(3), At(2), At(1)], _directory.Proven(10));
        Assert.Equal([At(3)], _directory.Proven(1));
    }

    [Fact]
    public void Two_sources_take_turns_however_many_addresses_each_has()
    {
        for (int i = 1; i <= 500; i++)
            _directory.Add(At(i), TrackerA);
        _directory.Add(At(1001), TrackerB);
        _directory.Add(At(1002), TrackerB);

        IPEndPoint?[] dialled = [.. Enumerable.Range(0, 4).Select(_ => _directory.TakeNext(Start, DialEffort.Most))];

        Assert.Contains(At(1001), dialled);
        Assert.Contains(At(1002), dialled);
    }

    [Fact]
    public void Kinds_of_sources_take_turns_so_that_many_peers_do_not_displace_a_tracker()
    {
        for (int i = 1; i <= 300; i++)
            _directory.Add(At(i), new PeerOrigin(PeerSource.PeerExchange, i));
        _directory.Add(At(1001), TrackerA);
        _directory.Add(At(1002), TrackerA);

        IPEndPoint?[] dialled = [.. Enumerable.Range(0, 4).Select(_ => _directory.TakeNext(Start, DialEffort.Most))];

        Assert.Contains(At(1001), dialled);
        Assert.Contains(At(1002), dialled);
    }

    [Fact]
    public void An_address_named_by_two_sources_is_dialled_in_the_turn_of_either()
    {
        for (int i = 1; i <= 500; i++)
            _directory.Add(At(i), TrackerA);
        _directory.Add(At(250), TrackerB);

        IPEndPoint?[] dialled = [_directory.TakeNext(Start, DialEffort.Most), _directory.TakeNext(Start, DialEffort.Most)];

        Assert.Contains(At(250), dialled);
    }

    [Fact]
    public void A_source_that_returns_under_a_different_name_does_not_jump_the_queue()
    {
        for (int i = 1; i <= 100; i++)
            _directory.Add(At(i), TrackerA);
        _directory.TakeNext(Start, DialEffort.Most);
        _directory.Add(At(1001), TrackerB);

        var dialled = new List<IPEndPoint?>();
        for (int i = 0; i < 3; i++)
        {
            _directory.Add(At(2000 + i), new PeerOrigin(PeerSource.Tracker, new Uri($"http://{i}.example/announce")));
            dialled.Add(_directory.TakeNext(Start, DialEffort.Most));
        }

        Assert.Contains(At(1001), dialled);
    }

    [Fact]
    public void A_returning_source_whose_addresses_were_forgotten_waits_for_its_turn()
    {
        _directory.Add(At(1), TrackerA);
        for (int i = 1; i <= 10; i++)
            _directory.Add(At(1000 + i), TrackerB);
        Assert.Equal(2, new[] { _directory.TakeNext(Start, DialEffort.Little), _directory.TakeNext(Start, DialEffort.Little) }.Distinct().Count());
        int ofA = 0;
        for (int i = 0; i < 6; i++)
        {
            for (int failure = 0; failure < 5; failure++)
                _directory.Ended(At(1 + i), wasUseful: false, Start, DialEffort.Little);
            _directory.Add(At(2 + i), TrackerA);
            if (_directory.TakeNext(Start, DialEffort.Little)!.Equals(At(2 + i)))
                ofA++;
        }

        Assert.InRange(ofA, 1, 3);
    }

    [Fact]
    public void Sources_of_a_thousand_addresses_do_not_delay_a_shared_address_to_their_own_turns()
    {
        for (int namer = 0; namer < 4; namer++)
        {
            for (int i = 1; i <= 100; i++)
                _directory.Add(At(namer * 100 + i), new PeerOrigin(PeerSource.Tracker, namer));
            _directory.Add(At(1001), new PeerOrigin(PeerSource.Tracker, namer));
        }

        _directory.Add(At(1001), TrackerA);
        _directory.Add(At(1001), new PeerOrigin(PeerSource.PeerExchange, 1));

        IPEndPoint?[] dialled = [_directory.TakeNext(Start, DialEffort.Most), _directory.TakeNext(Start, DialEffort.Most)];
        Assert.Contains(At(1001), dialled);
    }

    [Fact]
    public void A_tracker_that_fills_the_directory_makes_room_for_another_trackers_addresses()
    {
        for (int i = 1; i <= PeerDirectory.Capacity + 10; i++)
            _directory.Add(At(i), TrackerA);
        for (int i = 1; i <= 10; i++)
            Assert.True(_directory.Add(At(2000 + i), TrackerB));

        Assert.Equal(PeerDirectory.Capacity, _directory.Count);
        Assert.False(_directory.Add(At(3000), TrackerA));
    }

    [Fact]
    public void One_host_with_many_ports_is_dialled_at_a_few_of_them_per_minute_and_not_again_without_an_answer()
    {
        for (int port = 20_000; port < 20_200; port++)
            _directory.Add(At(1, port), TrackerA);

        int dialled = 0;
        for (Instant now = Start; now < Start + TimeSpan.FromMinutes(9); now += TimeSpan.FromSeconds(1))
        {
            while (_directory.TakeNext(now, DialEffort.Most) is { } address)
            {
                dialled++;
                _directory.Ended(address, wasUseful: false, now, DialEffort.Most);
            }
        }

        Assert.Equal(DialPace.MostFailures, dialled);
    }

    [Fact]
    public void Peers_named_by_a_link_are_not_trusted_and_few_per_host_are_dialled()
    {
        for (int port = 2000; port < 2100; port++)
            Assert.True(_directory.Add(At(1, port), PeerSource.Link));
        int dialled = 0;
        while (_directory.TakeNext(Start, DialEffort.Most) is not null)
            dialled++;

        Assert.Equal(DialPace.MostInWindow, dialled);
        Assert.False(_directory.IsTrusted(At(1, 2000)));
    }

    [Fact]
    public void Well_known_ports_are_dialled_only_if_given_by_hand_or_if_a_peer_was_there_before()
    {
        Assert.False(_directory.Add(At(1, 25), TrackerA));
        Assert.False(_directory.Add(At(1, 443), PeerSource.PeerExchange));
        Assert.False(_directory.Add(At(1, 22), PeerSource.Link));
        Assert.True(_directory.Add(At(1, 443), PeerSource.Manual));
        Assert.True(_directory.Add(At(2, 443), PeerSource.Saved));
        Assert.False(_directory.Add(At(2, 0), PeerSource.Saved));
        Assert.True(_directory.Add(At(1, 1024), TrackerA));
    }

    private static IPEndPoint At(int address, int port = 6881) => new(new IPAddress([10, 1, (byte)(address >> 8), (byte)address]), port);

    private static PeerId Id(byte id) => new([.. "-XX0000-00000000000"u8, id]);
}
