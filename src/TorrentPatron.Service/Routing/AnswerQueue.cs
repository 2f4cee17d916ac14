using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>
/// Delivers a patron's answers in the order of its requests: an early answer waits for the earlier ones. Messages of a torrent wait for the
/// answer that announces the torrent.
/// </summary>
/// <param name="deliver">Takes each message in its turn; called under the queue's lock, so it must only pass it on.</param>
internal sealed class AnswerQueue(Action<TorrentMessage> deliver)
{
    private readonly Lock _gate = new();
    private readonly Queue<PendingAnswer> _requests = new();

    /// <summary>The unsettled requests in the queue, by their ids.</summary>
    private readonly Dictionary<long, PendingAnswer> _open = [];

    /// <summary>The requests in the queue that have started a torrent: the latest for each torrent.</summary>
    private readonly Dictionary<TorrentId, PendingAnswer> _starts = [];

    /// <summary>Takes a place in the queue.</summary>
    public void Add(PendingAnswer request)
    {
        lock (_gate)
        {
            _requests.Enqueue(request);
            _open.Add(request.Id, request);
        }
    }

    /// <summary>Settles a request. A settled request stays as it is.</summary>
    /// <param name="request">Which request.</param>
    /// <param name="answer">Its answer; null if it was cancelled.</param>
    public void Settle(PendingAnswer request, TorrentAnswer? answer)
    {
        lock (_gate)
        {
            if (!_open.Remove(request.Id))
                return;
            Note(request, answer);
            LetOut();
        }
    }

    /// <summary>Settles the request of an answer, if it is still open.</summary>
    public void Settle(NewTorrentCreated answer)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(answer.CorrelationId, out PendingAnswer? request))
                Settle(request, answer);
        }
    }

    /// <summary>Fails every request that is still open.</summary>
    public void FailAll(TorrentError error)
    {
        lock (_gate)
        {
            foreach (PendingAnswer request in _open.Values)
                Note(request, request.Fail(error));
            _open.Clear();
            LetOut();
        }
    }

    /// <summary>Passes on a message of a torrent that is not an answer.</summary>
    public void Pass(TorrentMessage message)
    {
        lock (_gate)
        {
            if (_starts.TryGetValue(message.TorrentId, out PendingAnswer? start))
                (start.Followers ??= []).Add(message);
            else
                deliver(message);
        }
    }

    private void Note(PendingAnswer request, TorrentAnswer? answer)
    {
        request.IsSettled = true;
        request.Answer = answer;
        if (answer is NewTorrentCreated)
            _starts[answer.TorrentId] = request;
    }

    private void LetOut()
    {
        while (_requests.TryPeek(out PendingAnswer? request) && request.IsSettled)
        {
            _requests.Dequeue();
            if (request.Answer is { } answer)
            {
                if (_starts.GetValueOrDefault(answer.TorrentId) == request)
                    _starts.Remove(answer.TorrentId);
                deliver(answer);
            }

            foreach (TorrentMessage message in request.Followers ?? [])
                deliver(message);
            request.Tell();
        }
    }
}
