using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>The messages of the original's table: the answer to each command, and the command that the engine receives.</summary>
public sealed class AnswerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_start_returns_the_new_torrent_and_passes_the_whole_request_to_the_engine()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        var peer = new IPEndPoint(IPAddress.Loopback, 6881);
        var tracker = new Uri("http://127.0.0.1:1/announce");
        StartRequest request = Torrents.Start() with
        {
            Peers = [peer],
            Trackers = [tracker],
            FilePriorities = [FilePriority.High],
            Suspended = true,
            Recheck = true,
            Options = new TorrentOptions { MaxDownloadRate = 1, MaxUploadRate = 2 },
        };

        TorrentAnswer answer = await patron.StartAsync(request, Token);

        var created = Assert.IsType<NewTorrentCreated>(answer);
        Assert.Equal(Torrents.Hash(), created.TorrentId);
        Assert.Equal(TorrentState.Suspended, created.Status.State);
        var told = Assert.IsType<CreateNewTorrent>(Assert.Single(test.Client.Commands));
        Assert.Equal(created.CorrelationId, told.CorrelationId);
        Assert.Equal(request.Destination, told.Destination);
        Assert.Equal([peer], told.Peers);
        Assert.Equal([tracker], told.Trackers);
        Assert.Equal([FilePriority.High], told.FilePriorities);
        Assert.Equal((1, 2), (told.Options.MaxDownloadRate, told.Options.MaxUploadRate));
        Assert.True(told.Suspended && told.Recheck);
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("wss://tracker.example/")]
    [InlineData("udp://tracker.example/no/port")]
    public async Task An_invalid_tracker_address_is_refused_before_it_reaches_the_engine(string text)
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        Uri[] trackers = [new Uri("http://tracker.example/announce"), new Uri(text, UriKind.RelativeOrAbsolute)];

        TorrentAnswer start = await patron.StartAsync(Torrents.Start() with { Trackers = trackers }, Token);
        await patron.StartAsync(Torrents.Start("b"), Token);
        TorrentAnswer add = await patron.AddSourcesAsync(Torrents.Hash("b"), [], trackers, Token);

        TorrentError error = Assert.IsType<TorrentStartFail>(start).Error;
        Assert.Equal(TorrentErrorId.InvalidArgument, error.Id);
        Assert.StartsWith($"'{text}' is not a tracker's address: ", error.Message, StringComparison.Ordinal);
        Assert.Equal(error, Assert.IsType<CommandFail>(add).Error);
        Assert.IsType<CreateNewTorrent>(Assert.Single(test.Client.Commands));
    }

    [Fact]
    public async Task Trackers_from_a_start_and_a_link_reach_the_engine_escaped()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start() with { Trackers = [new Uri("http://t.example/{key}")] }, Token);
        string link = $"magnet:?xt=urn:btih:{Torrents.Hash()}&tr=http%3A%2F%2Fu.example%2Fa%7Cb";

        await patron.StartAsync(new StartRequest { Source = TorrentSource.Parse(link) }, Token);

        Assert.Equal("http://t.example/%7Bkey%7D", Assert.IsType<CreateNewTorrent>(test.Client.Commands[0]).Trackers[0].OriginalString);
        Assert.Equal("http://u.example/a%7Cb", Assert.IsType<AddSources>(test.Client.Commands[1]).FoundTrackers[0].OriginalString);
    }

    [Fact]
    public async Task A_start_reads_its_source()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();

        TorrentAnswer answer = await patron.StartAsync(
            new StartRequest { Source = TorrentSource.FromBytes(Torrents.Bytes()) }, Token);

        Assert.Equal(Torrents.Hash(), Assert.IsType<NewTorrentCreated>(answer).TorrentId);
        Assert.Equal(Environment.CurrentDirectory, Assert.IsType<CreateNewTorrent>(test.Client.Commands[0]).Destination);
    }

    [Fact]
    public async Task A_start_warns_of_unsupported_trackers_and_hides_their_keys()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        byte[] bytes =
        [
            .. "d13:announce-listll17:udp://127.0.0.1:140:wss://tracker.example/0123456789abcdef01el6:wss://ee"u8, .. Torrents.Bytes()[1..],
        ];

        TorrentAnswer answer = await patron.StartAsync(Torrents.Start() with { Metainfo = Protocol.Metainfo.MetainfoReader.Read(bytes) }, Token);

        TorrentError warning = Assert.Single(Assert.IsType<NewTorrentCreated>(answer).Warnings);
        Assert.Equal(TorrentErrorId.NotSupported, warning.Id);
        Assert.Contains("wss://tracker.example/***.", warning.Message, StringComparison.Ordinal);

        var link = Protocol.Magnets.MagnetLink.Parse($"magnet:?xt=urn:btih:{Torrents.Make().InfoHash}&tr=wss%3A%2F%2Ft.example&tr=ws%3A%2F%2Fu.example&tr=ftp%3A%2F%2Fv.example");
        Assert.Equal(["wss://t.example", "ws://u.example"], link.UnsupportedTrackers);
        Assert.Empty(link.Trackers);
    }

    [Theory]
    [InlineData(AddressReach.Loopback, 2)]
    [InlineData(AddressReach.Global, 1)]
    public async Task A_running_torrent_gets_the_DHT_nodes_of_a_torrent_file_given_later(AddressReach reach, int count)
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        byte[] bytes = [.. Torrents.Bytes()[..^1], .. "5:nodesll9:127.0.0.1i1eel7:8.8.8.8i3eeee"u8];

        await patron.StartAsync(Torrents.Start() with { Metainfo = Protocol.Metainfo.MetainfoReader.Read(bytes), Reach = reach }, Token);

        Assert.Equal(count, Assert.Single(test.Client.Commands.OfType<AddSources>()).DhtNodes.Count);
    }

    [Fact]
    public async Task Starting_a_running_torrent_joins_it_and_adds_the_new_sources_of_the_request()
    {
        await using var test = new TestService();
        Patron first = test.Service.CreatePatron();
        Patron second = test.Service.CreatePatron();
        await first.StartAsync(Torrents.Start(), Token);
        var peer = new IPEndPoint(IPAddress.Loopback, 6881);

        TorrentAnswer answer = await second.StartAsync(Torrents.Start() with { Peers = [peer], Recheck = true }, Token);

        Assert.Equal(TorrentState.Downloading, Assert.IsType<TorrentAlreadyDownloading>(answer).Status.State);
        Assert.Equal([peer], Assert.Single(test.Client.Commands.OfType<AddSources>()).Peers);
        Assert.Single(test.Client.Commands.OfType<RecheckTorrent>());
        Assert.Empty(test.Client.Commands.OfType<ResumeTorrent>());
        Assert.Single(test.Client.Commands.OfType<CreateNewTorrent>());
    }

    [Fact]
    public async Task Joining_a_running_torrent_changes_only_the_given_options()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        await patron.StartAsync(Torrents.Start(), Token);
        Assert.Single(test.Client.Commands);
        var options = new TorrentOptions { Tags = ["nightly"] };

        await patron.StartAsync(Torrents.Start() with { Options = options, Selection = new FileSelection { Include = ["*"] } }, Token);
        TorrentAnswer none = await patron.StartAsync(Torrents.Start() with { Selection = new FileSelection { Exclude = ["*"] } }, Token);

        Assert.Equal(options.Tags, Assert.Single(test.Client.Commands.OfType<SetTorrent>()).Options.Tags);
        Assert.Equal([FilePriority.Normal], Assert.Single(test.Client.Commands.OfType<SetFilePriorities>()).Priorities);
        Assert.Equal(TorrentErrorId.NothingSelected, Assert.IsType<TorrentStartFail>(none).Error.Id);
        Assert.Equal(TorrentState.Downloading, patron.GetStatus(Torrents.Hash())!.State);
    }

    [Fact]
    public async Task The_owner_of_a_torrent_is_told_when_another_patron_removes_it()
    {
        await using var test = new TestService();
        Patron owner = test.Service.CreatePatron();
        Patron other = test.Service.CreatePatron();
        await owner.StartAsync(Torrents.Start(), Token);
        var owners = owner.OpenOutbox();
        var others = other.OpenOutbox();

        TorrentAnswer answer = await other.RemoveAsync(Torrents.Hash(), deleteData: false, Token);

        Assert.IsType<TorrentRemoved>(answer);
        Assert.Same(answer, await others.ReadAsync(Token));
        Assert.Equal(answer.TorrentId, Assert.IsType<TorrentRemoved>(await owners.ReadAsync(Token)).TorrentId);
        Assert.Empty(owner.OwnStatuses);
        Assert.IsType<NewTorrentCreated>(await other.StartAsync(Torrents.Start(), Token));
        Assert.Single(other.OwnStatuses);
    }

    [Fact]
    public async Task Settings_reach_the_running_engine_and_later_ones()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        Assert.Empty(await test.Service.ApplyAsync(new ClientSettings { MaxPeers = 7 }, Token));
        Assert.Equal(7, test.Service.Settings.Client.MaxPeers);
        await patron.StartAsync(Torrents.Start(), Token);

        TorrentError error = Assert.Single(await test.Service.ApplyAsync(new ClientSettings { MaxPeers = 8 }, Token));

        Assert.Equal(TorrentErrorId.NotSupported, error.Id);
        Assert.Equal(new ClientSettings().MaxPeers, test.Service.Settings.Client.MaxPeers); // the engine's value, not the refused one
        Assert.Equal(ClientCapabilities.None, test.Service.Capabilities);
    }

    [Theory]
    [InlineData(TorrentState.Suspended)]
    [InlineData(TorrentState.Failed)]
    public async Task Starting_a_suspended_torrent_again_resumes_it(TorrentState state)
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        test.Client.Set(Torrents.Hash(), state);

        TorrentAnswer answer = await patron.StartAsync(Torrents.Start(), Token);

        Assert.Equal(TorrentState.Downloading, Assert.IsType<TorrentAlreadyDownloading>(answer).Status.State);
        Assert.Single(test.Client.Commands.OfType<ResumeTorrent>());
    }

    [Fact]
    public async Task A_suspended_torrent_started_with_Suspended_stays_suspended()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start() with { Suspended = true }, Token);

        TorrentAnswer answer = await patron.StartAsync(Torrents.Start() with { Suspended = true }, Token);

        Assert.Equal(TorrentState.Suspended, Assert.IsType<TorrentAlreadyDownloading>(answer).Status.State);
    }

    [Fact]
    public async Task Of_two_patrons_that_start_the_same_torrent_at_once_one_creates_it_and_the_other_joins()
    {
        await using var test = new TestService();
        Patron[] patrons = [.. Enumerable.Range(0, 20).Select(_ => test.Service.CreatePatron())];

        TorrentAnswer[] answers = await Task.WhenAll(patrons.Select(patron => Task.Run(
            () => patron.StartAsync(Torrents.Start(), Token), Token)));

        Assert.Single(answers.OfType<NewTorrentCreated>());
        Assert.Equal(19, answers.OfType<TorrentAlreadyDownloading>().Count());
        Assert.Single(test.Clients);
    }

    [Fact]
    public async Task The_second_of_two_starts_is_tried_when_the_first_fails()
    {
        bool isFirst = true;
        await using var test = new TestService(client =>
            client.FailStart = _ => Interlocked.Exchange(ref isFirst, false));
        Patron first = test.Service.CreatePatron();
        Patron second = test.Service.CreatePatron();

        TorrentAnswer[] answers = await Task.WhenAll(
            first.StartAsync(Torrents.Start(), Token), second.StartAsync(Torrents.Start(), Token));

        Assert.Single(answers.OfType<TorrentStartFail>());
        Assert.Single(answers.OfType<NewTorrentCreated>());
    }

    [Fact]
    public async Task A_failed_start_reports_the_reason_and_leaves_nothing_behind()
    {
        await using var test = new TestService(client => client.FailStart = _ => true);
        Patron patron = test.Service.CreatePatron();

        TorrentAnswer answer = await patron.StartAsync(Torrents.Start(), Token);

        var fail = Assert.IsType<TorrentStartFail>(answer);
        Assert.Equal(Torrents.Hash(), fail.TorrentId);
        Assert.Equal(TorrentErrorId.DestinationNotWritable, fail.Error.Id);
        Assert.Empty(Directory.EnumerateFileSystemEntries(test.StatePath));
    }

    [Fact]
    public async Task A_failed_start_leaves_the_state_of_an_earlier_run_unchanged()
    {
        bool isFailing = false;
        await using var test = new TestService(client => client.FailStart = _ => isFailing);
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        await patron.CloseAsync(Torrents.Hash(), Token);
        isFailing = true;

        Assert.IsType<TorrentStartFail>(await patron.StartAsync(Torrents.Start(), Token));

        Assert.Single(test.Service.States.Enumerate());
    }

    [Fact]
    public async Task Invalid_requests_fail_with_an_id_and_create_no_engine()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();

        await Expect(TorrentErrorId.UnsupportedSource, new StartRequest());
        await Expect(TorrentErrorId.InvalidTorrent, new StartRequest { Source = TorrentSource.Parse("magnet:?xt=0") });
        await Expect(TorrentErrorId.InvalidTorrent, new StartRequest { Source = TorrentSource.FromBytes("x"u8.ToArray()) });
        await Expect(TorrentErrorId.DestinationNotWritable, Torrents.Start() with { Destination = "relative" });
        await Expect(TorrentErrorId.InvalidTorrent, Torrents.Start() with { FilePriorities = new FilePriority[2] });
        Assert.Empty(test.Clients);
        Assert.False(Directory.Exists(test.StatePath));

        async Task Expect(string id, StartRequest request)
        {
            var fail = Assert.IsType<TorrentStartFail>(await patron.StartAsync(request, Token));
            Assert.Equal(id, fail.Error.Id);
            Assert.NotEmpty(fail.Error.Remedy);
        }
    }

    [Fact]
    public async Task Every_other_command_reaches_the_engine_and_returns_its_answer()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();
        TorrentId torrent = Torrents.Hash();
        await patron.StartAsync(Torrents.Start(), Token);

        Assert.Equal(TorrentState.Suspended, Assert.IsType<CommandDone>(await patron.SuspendAsync(torrent, Token)).Status.State);
        Assert.Equal(TorrentState.Downloading, Assert.IsType<CommandDone>(await patron.ResumeAsync(torrent, Token)).Status.State);
        Assert.IsType<CommandDone>(await patron.RecheckAsync(torrent, Token));
        Assert.IsType<CommandDone>(await patron.AddSourcesAsync(torrent, [], [new Uri("udp://127.0.0.1:1")], Token));
        Assert.IsType<TorrentClosed>(await patron.CloseAsync(torrent, Token));
        Assert.Equal(
            [
                typeof(CreateNewTorrent), typeof(SuspendTorrent), typeof(ResumeTorrent),
                typeof(RecheckTorrent), typeof(AddSources), typeof(CloseTorrent),
            ],
            test.Client.Commands.Select(command => command.GetType()));
    }

    [Fact]
    public async Task A_command_for_an_unknown_torrent_fails_with_and_without_an_engine()
    {
        await using var test = new TestService();
        Patron patron = test.Service.CreatePatron();

        var fail = Assert.IsType<CommandFail>(await patron.CloseAsync(Torrents.Hash("other"), Token));
        Assert.Equal(TorrentErrorId.TorrentNotFound, fail.Error.Id);
        Assert.Empty(test.Clients);

        await patron.StartAsync(Torrents.Start(), Token);
        fail = Assert.IsType<CommandFail>(await patron.SuspendAsync(Torrents.Hash("other"), Token));
        Assert.Equal(TorrentErrorId.TorrentNotFound, fail.Error.Id);
    }

    [Fact]
    public async Task A_torrent_that_another_service_runs_with_the_same_state_is_in_use_and_unharmed()
    {
        await using var test = new TestService();
        await using var other = new TorrentService(test.Service.Settings, _ => new ScriptedClient());
        await test.Service.CreatePatron().StartAsync(Torrents.Start(), Token);

        TorrentAnswer answer = await other.CreatePatron().StartAsync(Torrents.Start(), Token);

        TorrentError error = Assert.IsType<TorrentStartFail>(answer).Error;
        Assert.Equal(TorrentErrorId.TorrentInUse, error.Id);
        Assert.Contains($"{Environment.ProcessId}", error.Message, StringComparison.Ordinal);
        Assert.Single(test.Service.States.Enumerate());
        Assert.NotNull(test.Client.GetStatus(Torrents.Hash()));
    }

    [Fact]
    public async Task A_torrent_can_be_started_again_while_it_is_still_closing()
    {
        await using var test = new TestService(client => client.Hold = command => command is CloseTorrent);
        Patron patron = test.Service.CreatePatron();
        await patron.StartAsync(Torrents.Start(), Token);
        await test.Client.NextAsync();

        Task<TorrentAnswer> closing = patron.CloseAsync(Torrents.Hash(), Token);
        TorrentCommand close = await test.Client.NextAsync();
        Task<TorrentAnswer> starting = test.Service.CreatePatron().StartAsync(Torrents.Start(), Token);
        test.Client.Answer(close);

        Assert.IsType<TorrentClosed>(await closing);
        Assert.IsType<NewTorrentCreated>(await starting);
    }

    [Fact]
    public async Task An_exception_of_the_engine_becomes_a_failure_answer()
    {
        await using var test = new TestService(client => client.Hold = _ => throw new InvalidOperationException("broken"));
        Patron patron = test.Service.CreatePatron();

        TorrentAnswer answer = await patron.StartAsync(Torrents.Start(), Token);

        Assert.Equal(TorrentErrorId.Unexpected, Assert.IsType<TorrentStartFail>(answer).Error.Id);
    }
}
