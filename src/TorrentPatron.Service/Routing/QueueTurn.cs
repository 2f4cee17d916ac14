namespace TorrentPatron.Service.Routing;

/// <summary>A turn in a torrent's queue. Dispose gives it up, even before it has come, without overtaking earlier turns.</summary>
/// <param name="before">The end of the turn before it.</param>
/// <param name="enteredAt">When it entered the queue, later than every turn before it in any queue.</param>
/// <param name="leave">Lets the next turn come.</param>
internal sealed class QueueTurn(Task before, DateTimeOffset enteredAt, Action leave) : IDisposable
{
    private Action? _leave = leave;

    /// <summary>Completes when the turn has come.</summary>
    public Task Ready => before;

    /// <summary>When it entered the queue. No two turns of a service have the same time, so that it orders requests.</summary>
    public DateTimeOffset EnteredAt => enteredAt;

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
