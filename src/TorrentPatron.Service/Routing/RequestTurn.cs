using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Keeps a patron's requests in their order on the way to the torrents' lanes, though the sources of its starts are read
/// side by side.
/// </summary>
internal sealed class RequestTurn(Task before)
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when this request, and hence every earlier one, is in its lane or has been given up.</summary>
    public Task Entered => _entered.Task;

    /// <summary>Completes when every earlier request has entered, or has been given up.</summary>
    public Task Ready => before;

    /// <summary>Lets the next request pass: this one, whose turn has come, has entered.</summary>
    public void Enter() => _entered.TrySetResult();

    /// <summary>Waits for the patron's earlier requests, then takes a turn in the torrent's lane.</summary>
    public async Task<LaneTurn> EnterAsync(TorrentLanes lanes, TorrentId torrent)
    {
        await before.ConfigureAwait(false);
        LaneTurn turn = lanes.Enter(torrent);
        Enter();
        return turn;
    }

    /// <summary>Lets the later requests pass, where this one did not enter.</summary>
    public async Task GiveUpAsync()
    {
        await before.ConfigureAwait(false);
        _entered.TrySetResult();
    }
}
