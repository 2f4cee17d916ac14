using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Observes torrents: at fixed intervals, and at once when a state changes.</summary>
/// <param name="torrents">The torrents.</param>
/// <param name="time">The clock.</param>
internal sealed class TorrentWatcher(IReadOnlyList<TorrentTarget> torrents, TimeProvider time)
{
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private TorrentStatus?[] _seen = new TorrentStatus?[torrents.Count];

    /// <summary>The torrents' statuses, each time one of them changes.</summary>
    /// <param name="interval">Time between two checks.</param>
    /// <param name="endless">Whether to continue when every torrent is complete, failed or stopped.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    /// <exception cref="TorrentException">The service in another process has gone.</exception>
    public async IAsyncEnumerable<WatchFrame> WatchAsync(
        TimeSpan interval, bool endless, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task[] feeds = [.. torrents.GroupBy(torrent => torrent.Patron.Service).Select(group => FeedAsync([.. group], ending.Token))];
        try
        {
            while (true)
            {
                WatchFrame frame = Look();
                if (torrents.Select(torrent => torrent.Patron.Service.Fault).FirstOrDefault(fault => fault is not null) is { } gone)
                    throw new TorrentException(gone);
                if (frame.Changed.Count > 0)
                    yield return frame;
                if (!endless && frame.All.All(status => status.IsOver()))
                    yield break;

                Task delay = Task.Delay(interval, time, ending.Token);
                await Task.WhenAny(delay, _news.Reader.WaitToReadAsync(ending.Token).AsTask()).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                _news.Reader.TryRead(out _);
            }
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (Task feed in feeds)
                await feed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static bool IsOther(TorrentStatus? before, TorrentStatus now) => before is null
        || (before.State, before.IsComplete, before.PercentComplete, before.CompletedSize, before.BytesReceived, before.BytesSent)
            != (now.State, now.IsComplete, now.PercentComplete, now.CompletedSize, now.BytesReceived, now.BytesSent)
        || (before.DownloadRate, before.UploadRate, before.ConnectedPeers, before.IsStalled, before.Error, before.Destination)
            != (now.DownloadRate, now.UploadRate, now.ConnectedPeers, now.IsStalled, now.Error, now.Destination);

    private WatchFrame Look()
    {
        // A torrent that no longer runs keeps its last status.
        TorrentStatus[] now =
        [
            .. torrents.Select((torrent, index) => torrent.Patron.GetStatus(torrent.Torrent)
                ?? (_seen[index] ?? torrent.Status) with { State = TorrentState.Stopped, DownloadRate = 0, UploadRate = 0, ConnectedPeers = 0 }),
        ];
        TorrentStatus[] changed = [.. now.Where((status, index) => IsOther(_seen[index], status))];
        _seen = now;
        return new WatchFrame(now, changed);
    }

    /// <summary>Signals state changes of a service's torrents.</summary>
    private async Task FeedAsync(IReadOnlyList<TorrentTarget> of, CancellationToken cancellationToken)
    {
        var states = new Dictionary<string, TorrentState>();
        await foreach (TorrentStatus status in of[0].Patron
            .WatchAsync([.. of.Select(torrent => torrent.Torrent)], cancellationToken).ConfigureAwait(false))
        {
            if (states.TryGetValue(status.InfoHash, out TorrentState before) && before != status.State)
                _news.Writer.TryWrite(true);
            states[status.InfoHash] = status.State;
        }
    }
}
