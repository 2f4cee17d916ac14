using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>The trackers of a torrent that is started again: from a .torrent, a link or a parameter, while it runs or from its saved state.</summary>
public sealed class TrackerMergeTests : IDisposable
{
    private const string A = "http://127.0.0.1:1/a";
    private const string B = "http://127.0.0.1:2/b";
    private const string C = "http://127.0.0.1:3/c";
    private const string D = "http://127.0.0.1:4/d";

    private readonly TempFolder _temp = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task A_running_torrent_gets_the_trackers_of_another_torrent_file_a_link_and_a_parameter()
    {
        await using TorrentService service = NewService();
        Patron patron = service.CreatePatron();
        await StartAsync(patron, File(A));

        TorrentAnswer file = await StartAsync(patron, File(B, "HTTP://127.0.0.1:1/%61"));
        TorrentAnswer link = await StartAsync(patron, Link(C));
        TorrentAnswer parameter = await StartAsync(patron, File(A) with { Trackers = [new Uri(D)] });

        Assert.Equal([B], Merged(file));
        Assert.Equal([C], Merged(link));
        Assert.Equal([D], Merged(parameter));
        Assert.Equal([A, B, C, D], TrackersOf(patron));
    }

    [Fact]
    public async Task A_saved_torrent_gets_new_trackers_and_keeps_its_own()
    {
        await using (TorrentService first = NewService())
            await StartAsync(first.CreatePatron(), File(A));
        await using (TorrentService second = NewService())
        {
            Patron patron = second.CreatePatron();
            Assert.Equal([B], Merged(await StartAsync(patron, File(B))));
            Assert.Equal([A, B], TrackersOf(patron));
        }

        await using (TorrentService third = NewService())
            Assert.Equal([C], Merged(await StartAsync(third.CreatePatron(), Link(C))));

        await using TorrentService last = NewService();
        Patron later = last.CreatePatron();
        Assert.Empty(Merged(await StartAsync(later, Link())));
        Assert.Equal([A, B, C], TrackersOf(later));
    }

    [Fact]
    public async Task A_link_saved_without_metadata_gets_the_trackers_of_a_second_link()
    {
        await using (TorrentService first = NewService())
            await StartAsync(first.CreatePatron(), Link(A));
        await using TorrentService service = NewService();
        Patron patron = service.CreatePatron();

        Assert.Equal([B], Merged(await StartAsync(patron, Link(B))));
        Assert.Equal([C], Merged(await StartAsync(patron, File(C))));
        Assert.Equal([A, B, C], TrackersOf(patron));
    }

    [Fact]
    public async Task A_removed_tracker_returns_only_by_a_parameter()
    {
        await using (TorrentService first = NewService())
        {
            Patron patron = first.CreatePatron();
            await StartAsync(patron, File(A, B));
            await patron.RemoveTrackersAsync(Make().TorrentId, [new Uri(B)], Token);
            Assert.Empty(Merged(await StartAsync(patron, File(B))));
            Assert.Empty(Merged(await StartAsync(patron, Link(B))));
            Assert.Equal([A], TrackersOf(patron));
        }

        await using TorrentService second = NewService();
        Patron again = second.CreatePatron();
        await StartAsync(again, File(B));
        Assert.Equal([A], TrackersOf(again));

        Assert.Equal([B], Merged(await StartAsync(again, File(A) with { Trackers = [new Uri(B)] })));
        Assert.Equal([A, B], TrackersOf(again));
    }

    [Fact]
    public async Task A_private_torrent_keeps_its_own_trackers_and_reports_those_not_added()
    {
        await using (TorrentService first = NewService())
        {
            Patron patron = first.CreatePatron();
            await StartAsync(patron, File(isPrivate: true, A));
            TorrentAnswer[] answers =
            [
                await StartAsync(patron, File(isPrivate: true, B)),
                await StartAsync(patron, Link(isPrivate: true, B)),
                await StartAsync(patron, File(isPrivate: true, A) with { Trackers = [new Uri(B)] }),
            ];

            Assert.All(answers, answer => Assert.Empty(Merged(answer)));
            Assert.All(answers, AssertRefused);
            Assert.Equal([A], TrackersOf(patron));
            Assert.Null((await StartAsync(patron, File(isPrivate: true, A))).Reservation);
        }

        await using TorrentService second = NewService();
        Patron again = second.CreatePatron();
        AssertRefused(await StartAsync(again, File(isPrivate: true, B)));
        Assert.Equal([A], TrackersOf(again));

        await again.AddSourcesAsync(Make(isPrivate: true).TorrentId, [], [new Uri(C)], Token);
        Assert.Equal([A, C], TrackersOf(again));
    }

    private static void AssertRefused(TorrentAnswer answer)
    {
        Assert.Equal(TorrentErrorId.PrivateTorrent, answer.Reservation?.Id);
        Assert.Contains("127.0.0.1:2", answer.Reservation!.Message, StringComparison.Ordinal);
    }

    private static TorrentMetainfo Make(bool isPrivate = false, params string[] trackers) => MetainfoReader.Read(new TorrentBuilder
    {
        Name = "merged", Files = [new TorrentBuilderFile(null, 1)], PieceLength = 16_384, PieceHashes = new byte[20], IsPrivate = isPrivate,
        TrackerTiers = [.. trackers.Select(tracker => new[] { tracker })],
    }.Build());

    private static IReadOnlyList<string> Merged(TorrentAnswer answer) => [.. (answer switch
    {
        NewTorrentCreated created => created.MergedTrackers,
        TorrentAlreadyDownloading already => already.MergedTrackers,
        _ => throw new InvalidOperationException(answer.ToString()),
    }).Select(tracker => tracker.OriginalString)];

    private static IReadOnlyList<string> TrackersOf(Patron patron) =>
        [.. Assert.Single(patron.Statuses).Trackers.Select(tracker => tracker.Uri.OriginalString).Order()];

    private Task<TorrentAnswer> StartAsync(Patron patron, StartRequest request) =>
        patron.StartAsync(request with { Destination = _temp["into"], Suspended = true }, Token);

    private static StartRequest File(params string[] trackers) => File(isPrivate: false, trackers);

    private static StartRequest File(bool isPrivate, params string[] trackers) => new() { Metainfo = Make(isPrivate, trackers) };

    private static StartRequest Link(params string[] trackers) => Link(isPrivate: false, trackers);

    private static StartRequest Link(bool isPrivate, params string[] trackers) => new()
    {
        Source = TorrentSource.Parse(
            $"magnet:?xt=urn:btih:{Make(isPrivate).InfoHash}{string.Concat(trackers.Select(tracker => $"&tr={Uri.EscapeDataString(tracker)}"))}"),
    };

    private TorrentService NewService() => new(
        new ServiceSettings { Client = new ClientSettings { BindAddress = System.Net.IPAddress.Loopback }, StatePath = _temp["state"] },
        settings => new TorrentClient(settings));
}
