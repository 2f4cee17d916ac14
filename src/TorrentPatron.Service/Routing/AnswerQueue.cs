using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Lets a patron's answers out in the order of its requests: one that is there early waits for the earlier ones. News of a
/// torrent wait behind the answer that tells of the torrent.
/// </summary>
/// <param name="deliver">Takes each message in its turn; called under the queue's lock, so it must only hand it on.</param>
internal sealed class AnswerQueue(Action<TorrentMessage> deliver)
{
    private readonly Lock _gate = new();
    private readonly Queue<PendingAnswer> _requests = new();

    /// <summary>Takes a place in the queue.</summary>
    public void Add(PendingAnswer request)
    {
        lock (_gate)
            _requests.Enqueue(request);
    }

    /// <summary>Settles a request. One that is settled already stays as it is.</summary>
    /// <param name="request">Which request.</param>
    /// <param name="answer">Its answer; null: it was taken back, so there is nothing to say.</param>
    public void Settle(PendingAnswer request, TorrentAnswer? answer)
    {
        lock (_gate)
        {
            if (request.IsSettled)
                return;
            request.IsSettled = true;
            request.Answer = answer;
            LetOut();
        }
    }

    /// <summary>Settles the request that an answer is for, if it is still open.</summary>
    public void Settle(NewTorrentCreated answer)
    {
        lock (_gate)
        {
            if (_requests.FirstOrDefault(request => request.Id == answer.CorrelationId) is { } request)
                Settle(request, answer);
        }
    }

    /// <summary>Settles every request that is still open as failed.</summary>
    public void FailAll(TorrentError error)
    {
        lock (_gate)
        {
            foreach (PendingAnswer request in _requests.Where(request => !request.IsSettled))
            {
                request.IsSettled = true;
                request.Answer = request.Fail(error);
            }

            LetOut();
        }
    }

    /// <summary>Passes on news of a torrent, which is no answer.</summary>
    public void Pass(TorrentMessage news)
    {
        lock (_gate)
        {
            PendingAnswer? created = _requests.LastOrDefault(
                request => request.Answer is NewTorrentCreated answer && answer.TorrentId == news.TorrentId);
            if (created is null)
                deliver(news);
            else
                (created.Followers ??= []).Add(news);
        }
    }

    private void LetOut()
    {
        while (_requests.TryPeek(out PendingAnswer? request) && request.IsSettled)
        {
            _requests.Dequeue();
            if (request.Answer is not null)
                deliver(request.Answer);
            foreach (TorrentMessage news in request.Followers ?? [])
                deliver(news);
            request.Tell();
        }
    }
}
