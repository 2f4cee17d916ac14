using TorrentPatron.Engine.Client;
using TorrentPatron.Service;

namespace TorrentPatron.Cli.Display;

/// <summary>
/// Prints lines if there is no terminal: at each change of state, and from time to time while a torrent is active. It looks only at changes:
/// thousands of idle torrents cost nothing.
/// </summary>
internal sealed class LineDisplay(Terminal terminal, TimeProvider time, Func<TorrentStatus, bool> isShown) : IStatusDisplay
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (TorrentState State, long At)> _printed = [];
    private readonly HashSet<TorrentError> _warned = [];

    public async Task ShowAsync(Patron patron, Task work)
    {
        using var over = new CancellationTokenSource();
        Task watching = WatchAsync(patron, over.Token);
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await over.CancelAsync().ConfigureAwait(false);
        await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (TorrentStatus status in patron.Statuses)
            Print(status);
    }

    private async Task WatchAsync(Patron patron, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            // There is nothing to show before the first torrent is started.
            await foreach (TorrentStatus status in patron.WatchAsync(cancellationToken: over).ConfigureAwait(false))
                Print(status);
            await Task.Delay(Look, time, over).ConfigureAwait(false);
        }
    }

    private void Print(TorrentStatus status)
    {
        if (!isShown(status))
            return;
        foreach (TorrentError warning in status.Warnings.Where(_warned.Add))
            terminal.Warn(warning);
        if (status.State != TorrentState.Stopped && IsNews(status))
            terminal.Line(StatusText.Line(status));
    }

    private bool IsNews(TorrentStatus status)
    {
        long now = time.GetTimestamp();
        if (_printed.TryGetValue(status.InfoHash, out (TorrentState State, long At) last) && last.State == status.State)
        {
            bool isMoving = status.State is TorrentState.Downloading or TorrentState.Checking or TorrentState.FetchingMetadata;
            if (!isMoving || time.GetElapsedTime(last.At, now) < Repeat)
                return false;
        }

        _printed[status.InfoHash] = (status.State, now);
        // Most checks take only a moment.
        return status.State != TorrentState.Checking || last.State == TorrentState.Checking;
    }
}
