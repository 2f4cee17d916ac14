namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Lets what an idle peer says wait until it is looked at with all others of its torrent, about every two seconds, or every four where
/// nothing that it says is urgent. Hundreds that neither give nor take, but tell of each piece that they have, would each wake us on their
/// own. Thread-safe.
/// </summary>
internal sealed class PeerRest
{
    /// <summary>Bytes that wake us while a peer is idle: all that such a one may have to say for some time.</summary>
    public const int ReceiveThreshold = 4096;

    /// <summary>Looks in a row that see nothing going on, after which a peer is idle.</summary>
    private const int LooksToIdle = 5;

    /// <summary>
    /// Looks in a rest. After one only, who speaks once a second would have nothing to say yet, and wake us as soon as it has.
    /// </summary>
    private const int LooksInRest = 2;

    /// <summary>Looks in a rest while nothing is urgent.</summary>
    private const int LooksInLongRest = 4;

    private TaskCompletionSource? _rest;
    private volatile int _idleLooks;
    private volatile int _restLooks;
    private volatile bool _isGathering;
    private volatile bool _isOver;
    private long _payload;

    /// <summary>Whether nothing goes on.</summary>
    public bool IsIdle => _idleLooks >= LooksToIdle;

    /// <summary>Whether it is idle and its buffers are worth a look: not at each look, since that costs more than the rest of it.</summary>
    public bool IsTrimDue => _idleLooks > 0 && _idleLooks % LooksToIdle == 0;

    /// <summary>Whether what comes is not looked at before the end of a rest.</summary>
    public bool IsResting => _isGathering || Volatile.Read(ref _rest) is not null;

    /// <summary>Looks whether payload has moved, and ends a rest that has been long enough. Called about once a second.</summary>
    /// <param name="payload">Bytes of payload that have gone either way so far.</param>
    /// <param name="isUrgent">Whether it may say something that changes what we do at once: that it has what we want, or that it wants a block.</param>
    public void Look(long payload, bool isUrgent)
    {
        _idleLooks = payload == _payload ? _idleLooks + 1 : 0;
        _payload = payload;
        if (++_restLooks >= (isUrgent ? LooksInRest : LooksInLongRest))
            End();
    }

    /// <summary>Something begins: what comes is looked at as it comes.</summary>
    public void Stir()
    {
        _idleLooks = 0;
        End();
    }

    /// <summary>Rests for a while. One at a time.</summary>
    public Task WaitAsync()
    {
        // Whoever waits goes on elsewhere: ending the rest of hundreds must not take as long as listening to them.
        _restLooks = 0;
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _rest, rest);
        if (_isOver)
            End();
        return rest.Task;
    }

    /// <summary>Rests while a receive gathers what comes. It is the look after the rest's end that lets it go on: hence one look less.</summary>
    public void Gather()
    {
        _restLooks = 1;
        _isGathering = true;
    }

    /// <summary>Ends the rest, and each to come.</summary>
    public void EndForEver()
    {
        _isOver = true;
        End();
    }

    private void End()
    {
        _isGathering = false;
        Interlocked.Exchange(ref _rest, null)?.TrySetResult();
    }
}
