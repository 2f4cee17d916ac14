namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Delays reading from an idle peer, so that its messages are handled together with those of all other idle peers of the torrent,
/// about every two seconds, or every four if nothing can be urgent. Otherwise hundreds of peers that transfer nothing, but
/// announce each piece they get, would each wake us separately. Thread-safe.
/// </summary>
internal sealed class IdleReadDelay
{
    /// <summary>Received bytes that wake us while a peer is idle: more than it should send in that time.</summary>
    public const int ReceiveThreshold = 4096;

    /// <summary>Consecutive checks without activity after which a peer is idle.</summary>
    private const int LooksToIdle = 5;

    /// <summary>
    /// Checks per rest. With only one, a peer that sends something every second would have nothing to read yet, and wake us
    /// immediately afterwards.
    /// </summary>
    private const int LooksInRest = 2;

    /// <summary>Checks per rest while nothing is urgent.</summary>
    private const int LooksInLongRest = 4;

    private TaskCompletionSource? _rest;
    private volatile int _idleLooks;
    private volatile int _restLooks;
    private volatile bool _isGathering;
    private volatile bool _isOver;
    private long _payload;

    /// <summary>Whether there is no activity.</summary>
    public bool IsIdle => _idleLooks >= LooksToIdle;

    /// <summary>
    /// Whether it is idle and its buffers should be trimmed: not at each check, because trimming costs more than the check.
    /// </summary>
    public bool IsTrimDue => _idleLooks > 0 && _idleLooks % LooksToIdle == 0;

    /// <summary>Whether received data is left unread until the end of a rest.</summary>
    public bool IsResting => _isGathering || Volatile.Read(ref _rest) is not null;

    /// <summary>
    /// Checks whether payload has moved, and ends a rest that has been long enough. Called about once a second.
    /// </summary>
    /// <param name="payload">Bytes of payload in both directions so far.</param>
    /// <param name="isUrgent">
    /// Whether its messages may affect us at once: it may get a piece we want, or may request a block.
    /// </param>
    public void Look(long payload, bool isUrgent)
    {
        _idleLooks = payload == _payload ? _idleLooks + 1 : 0;
        _payload = payload;
        if (++_restLooks >= (isUrgent ? LooksInRest : LooksInLongRest))
            End();
    }

    /// <summary>Called when activity resumes: received data is handled immediately again.</summary>
    public void Stir()
    {
        _idleLooks = 0;
        End();
    }

    /// <summary>Rests for a while. One at a time.</summary>
    public Task WaitAsync()
    {
        // Continuations run elsewhere: ending the rests of hundreds must not take as long as reading from them.
        _restLooks = 0;
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _rest, rest);
        if (_isOver)
            End();
        return rest.Task;
    }

    /// <summary>
    /// Rests while a receive gathers data. The check after the rest's end lets it continue: hence one check fewer.
    /// </summary>
    public void Gather()
    {
        _restLooks = 1;
        _isGathering = true;
    }

    /// <summary>Ends the current rest and all later ones.</summary>
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
