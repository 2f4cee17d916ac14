using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>A patron's request that waits for its answer.</summary>
internal sealed class PendingAnswer(long id, TorrentId torrent, bool isStart)
{
    private readonly TaskCompletionSource<TorrentAnswer> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _cancellation;

    /// <summary>The correlation id of the answer.</summary>
    public long Id => id;

    /// <summary>Whether it asks to start a torrent.</summary>
    public bool IsStart => isStart;

    /// <summary>The torrent; unknown for a start until its source has been read.</summary>
    public TorrentId Torrent { get; set; } = torrent;

    /// <summary>Whether there is an answer, or will never be one. Guarded by the queue.</summary>
    public bool IsSettled { get; set; }

    /// <summary>The answer; null if the request was cancelled.</summary>
    public TorrentAnswer? Answer { get; set; }

    /// <summary>Messages of the torrent that wait for the answer that announces it.</summary>
    public List<TorrentMessage>? Followers { get; set; }

    /// <summary>The answer in its turn; the token cancels the wait at once, regardless of the turn.</summary>
    public Task<TorrentAnswer> WaitAsync(CancellationToken cancellationToken)
    {
        _cancellation = cancellationToken.UnsafeRegister((_, token) => _told.TrySetCanceled(token), null);
        return _told.Task;
    }

    public void Tell()
    {
        _cancellation.Unregister();
        if (Answer is null)
            _told.TrySetCanceled();
        else
            _told.TrySetResult(Answer);
    }

    /// <summary>The failure answer for this kind of request.</summary>
    public TorrentAnswer Fail(TorrentError error) =>
        isStart ? new TorrentStartFail(Torrent, Id, error) : new CommandFail(Torrent, Id, error);
}
