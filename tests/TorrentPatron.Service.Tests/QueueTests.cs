using System.Net;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Tests.Fakes;

namespace TorrentPatron.Service.Tests;

/// <summary>The engine's queue as a service uses it.</summary>
public sealed class QueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Torrents_that_are_started_together_are_queued_in_the_order_of_their_requests()
    {
        using var temp = new TempFolder();
        await using TorrentService service = NewService(temp["state"], maxActiveDownloads: 2);
        Patron patron = service.CreatePatron();
        string[] hashes = [.. Enumerable.Range(1, 40).Select(i => (i * 0x9E3779B1L).ToString("x40", null))];

        TorrentAnswer[] answers = await Task.WhenAll(hashes.Select(hash => patron.StartAsync(Request(hash, temp), Token))).WaitAsync(Patience, Token);

        Assert.All(answers, answer => Assert.IsType<NewTorrentCreated>(answer));
        Assert.Equal(hashes, patron.Statuses.OrderBy(status => status.QueuePosition).Select(status => status.InfoHash));
        // A torrent that came before an earlier one may have begun, and goes back into the queue.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        while (!patron.Statuses.Where(status => status.State == TorrentState.FetchingMetadata).Select(status => status.QueuePosition).Order().SequenceEqual([1, 2]))
            await Task.Delay(20, patience.Token);
        Assert.Equal(38, patron.Statuses.Count(status => status.State == TorrentState.Queued));
    }

    [Fact]
    public async Task A_request_for_metadata_that_waits_in_the_queue_ends_at_its_timeout()
    {
        using var temp = new TempFolder();
        await using TorrentService service = NewService(temp["state"], maxActiveDownloads: 1);
        Patron patron = service.CreatePatron();
        await patron.StartAsync(Request(new string('1', 40), temp), Token);

        var fault = await Assert.ThrowsAsync<TorrentException>(() => patron.FetchMetadataAsync(
            Request(new string('2', 40), temp) with { MetadataTimeout = TimeSpan.FromSeconds(0.1) }, Token)).WaitAsync(Patience, Token);

        Assert.Equal(TorrentErrorId.MetadataTimeout, fault.Error.Id);
        Assert.Contains("queue", fault.Error.Message, StringComparison.Ordinal);
        Assert.Equal(new string('1', 40), Assert.Single(patron.Statuses).InfoHash);
    }

    private static TorrentService NewService(string state, int maxActiveDownloads) => new(
        new ServiceSettings
        {
            Client = new ClientSettings { BindAddress = IPAddress.Loopback, MaxActiveDownloads = maxActiveDownloads },
            StatePath = state,
        },
        settings => new TorrentClient(settings));

    private static StartRequest Request(string hash, TempFolder temp) =>
        new() { Source = TorrentSource.Parse($"magnet:?xt=urn:btih:{hash}"), Destination = temp["into"] };
}
