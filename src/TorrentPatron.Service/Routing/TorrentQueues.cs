using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Runs the commands for each torrent one at a time, in the order of entering, across patrons: of two starts of the same torrent the second
/// finds it running, and a start waits for a pending close.
/// </summary>
internal sealed class TorrentQueues
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TorrentId, Task> _tails = [];

    /// <summary>Takes the next turn.</summary>
    public QueueTurn Enter(TorrentId torrent)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            Task before = _tails.GetValueOrDefault(torrent, Task.CompletedTask);
            _tails[torrent] = done.Task;
            return new QueueTurn(before, () => Leave(torrent, done));
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
