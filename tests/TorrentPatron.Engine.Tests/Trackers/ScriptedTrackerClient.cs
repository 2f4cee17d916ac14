using System.Net.Sockets;
using System.Threading.Channels;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Tests.Trackers;

/// <summary>Passes each announce to the test, which answers it.</summary>
internal sealed class ScriptedTrackerClient : ITrackerClient
{
    private readonly Channel<ScriptedAnnounce> _announces = Channel.CreateUnbounded<ScriptedAnnounce>();

    public bool IsIdle => !_announces.Reader.TryPeek(out _);

    public Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken)
    {
        var scripted = new ScriptedAnnounce(announce, request, family);
        _announces.Writer.TryWrite(scripted);
        return scripted.Answer.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The answer to a scrape; null: it does not support scrapes.</summary>
    public Func<Uri, ScrapeResponse?>? Scrape { get; set; }

    public Task<ScrapeResponse?> ScrapeAsync(Uri announce, InfoHash torrent, AddressFamily family, CancellationToken cancellationToken) =>
        Task.FromResult(Scrape?.Invoke(announce));

    public async Task<ScriptedAnnounce> NextAsync() => await _announces.Reader.ReadAsync(TestContext.Current.CancellationToken);
}

internal sealed record ScriptedAnnounce(Uri Uri, AnnounceRequest Request, AddressFamily Family)
{
    public TaskCompletionSource<AnnounceResponse?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
