using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>A request of a patron that waits for its one answer.</summary>
internal sealed class PendingAnswer(long id, TorrentId torrent, bool isStart)
{
    private readonly TaskCompletionSource<TorrentAnswer> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _cancellation;

    /// <summary>The correlation id that the patron's answer will carry.</summary>
    public long Id => id;

    /// <summary>Whether it asks to start a torrent.</summary>
    public bool IsStart => isStart;

    /// <summary>Which torrent; a start learns it when its source has been read.</summary>
    public TorrentId Torrent { get; set; } = torrent;

    /// <summary>Whether there is an answer, or will never be one. Guarded by the queue.</summary>
    public bool IsSettled { get; set; }

    /// <summary>The answer; null once settled where the request was taken back.</summary>
    public TorrentAnswer? Answer { get; set; }

    /// <summary>News of the torrent that wait behind the answer that tells of it.</summary>
    public List<TorrentMessage>? Followers { get; set; }

    /// <summary>The answer in its turn; cancelled at once, whatever its turn, with the token.</summary>
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

    /// <summary>The failure that fits the request.</summary>
    public TorrentAnswer Fail(TorrentError error) =>
        isStart ? new TorrentStartFail(Torrent, Id, error) : new CommandFail(Torrent, Id, error);
}
