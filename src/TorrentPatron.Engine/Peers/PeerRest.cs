namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Lets what a peer says wait until it is looked at with all others of its torrent, about once a second. Hundreds that neither give
/// nor take, but tell of each piece that they have, would each wake us on their own. Thread-safe.
/// </summary>
internal sealed class PeerRest
{
    private TaskCompletionSource? _rest;
    private volatile bool _isOver;

    /// <summary>Rests until it is ended. One at a time.</summary>
    public Task BeginAsync()
    {
        // Whoever waits goes on elsewhere: ending the rest of hundreds must not take as long as listening to them.
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _rest, rest);
        if (_isOver)
            End();
        return rest.Task;
    }

    /// <summary>Ends the rest, if there is one.</summary>
    public void End() => Interlocked.Exchange(ref _rest, null)?.TrySetResult();

    /// <summary>Ends the rest, and each that is begun from now on.</summary>
    public void EndForEver()
    {
        _isOver = true;
        End();
    }
}
