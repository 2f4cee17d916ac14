using TorrentPatron.Engine.Client;

namespace TorrentPatron.Cli.Display;

/// <summary>
/// Prints lines, for where there is no terminal: on each change of state, and now and then while something moves.
/// </summary>
internal sealed class LineDisplay(Terminal terminal, TimeProvider time) : IStatusDisplay
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (TorrentState State, long At)> _printed = [];
    private readonly HashSet<TorrentError> _warned = [];

    public async Task ShowAsync(Func<IReadOnlyList<TorrentStatus>> statuses, Task work)
    {
        while (!work.IsCompleted)
        {
            Print(statuses());
            await Task.WhenAny(work, Task.Delay(Look, time)).ConfigureAwait(false);
        }

        Print(statuses());
    }

    private void Print(IReadOnlyList<TorrentStatus> statuses)
    {
        foreach (TorrentStatus status in statuses)
        {
            foreach (TorrentError warning in status.Warnings.Where(_warned.Add))
                terminal.Warn(warning);
            if (status.State != TorrentState.Stopped && IsNews(status))
                terminal.Line(StatusText.Line(status));
        }
    }

    private bool IsNews(TorrentStatus status)
    {
        long now = time.GetTimestamp();
        bool isMoving = status.State is TorrentState.Downloading or TorrentState.Checking;
        if (_printed.TryGetValue(status.InfoHash, out (TorrentState State, long At) last)
            && last.State == status.State
            && !(isMoving && time.GetElapsedTime(last.At, now) >= Repeat))
        {
            return false;
        }

        _printed[status.InfoHash] = (status.State, now);
        return true;
    }
}
