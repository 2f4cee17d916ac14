namespace TorrentPatron.Service.Routing;

/// <summary>A turn in a torrent's queue. Dispose gives it up, even before it has come, without overtaking earlier turns.</summary>
internal sealed class QueueTurn(Task before, Action leave) : IDisposable
{
    private Action? _leave = leave;

    /// <summary>Completes when the turn has come.</summary>
    public Task Ready => before;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _leave, null) is not { } leaveNow)
            return;
        if (before.IsCompleted)
            leaveNow();
        else
            before.ContinueWith(_ => leaveNow(), TaskScheduler.Default);
    }
}
