using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Keeps a patron's requests in order on their way to the torrents' queues, although the sources of its starts are read in parallel.
/// </summary>
internal sealed class RequestTurn(Task before)
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when this request, and therefore every earlier one, is in its queue or has been given up.</summary>
    public Task Entered => _entered.Task;

    /// <summary>Completes when every earlier request has entered its queue or has been given up.</summary>
    public Task Ready => before;

    /// <summary>Notes that this request has entered its queue, and lets the next one pass.</summary>
    public void Enter() => _entered.TrySetResult();

    /// <summary>Waits for the patron's earlier requests, then takes a turn in the torrent's queue.</summary>
    public async Task<QueueTurn> EnterAsync(TorrentQueues queues, TorrentId torrent)
    {
        await before.ConfigureAwait(false);
        QueueTurn turn = queues.Enter(torrent);
        Enter();
        return turn;
    }

    /// <summary>Lets the later requests pass if this one did not enter its queue.</summary>
    public async Task GiveUpAsync()
    {
        await before.ConfigureAwait(false);
        _entered.TrySetResult();
    }
}
