using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Runs the commands for each torrent one at a time, in the order of entering, across patrons: of two starts of the same torrent the second
/// finds it running, and a start waits for a pending close.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class TorrentQueues(TimeProvider time)
{
    /// <summary>The least time between two turns, so that there is room to move a torrent between two others.</summary>
    private static readonly TimeSpan Spacing = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<TorrentId, Task> _tails = [];
    private DateTimeOffset _lastEntered;

    /// <summary>Takes the next turn.</summary>
    public QueueTurn Enter(TorrentId torrent)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            Task before = _tails.GetValueOrDefault(torrent, Task.CompletedTask);
            _tails[torrent] = done.Task;
            DateTimeOffset now = WallTime.Now(time);
            _lastEntered = now > _lastEntered + Spacing ? now : _lastEntered + Spacing;
            return new QueueTurn(before, _lastEntered, () => Leave(torrent, done));
        }
    }

    private void Leave(TorrentId torrent, TaskCompletionSource done)
    {
        lock (_gate)
        {
            if (_tails.TryGetValue(torrent, out Task? tail) && tail == done.Task)
                _tails.Remove(torrent);
        }

        done.SetResult();
    }
}
