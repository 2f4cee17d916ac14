using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Remote.Client;

/// <summary>
/// Brings news to the patrons that own the torrents. News of a torrent may be here before the answer that it has been started; it waits for
/// that. Thread-safe.
/// </summary>
internal sealed class NewsRouter
{
    private readonly Lock _gate = new(); // above those of patrons' answers
    private readonly Dictionary<Guid, Recipient> _patrons = [];

    /// <summary>Lets a patron have news.</summary>
    public void Add(IRequester patron)
    {
        lock (_gate)
            _patrons.Add(patron.Id, new Recipient(patron));
    }

    /// <summary>A patron gets no more news, and owns nothing.</summary>
    public void Remove(IRequester patron)
    {
        lock (_gate)
            _patrons.Remove(patron.Id);
    }

    /// <summary>Whether a torrent is a patron's own.</summary>
    public bool Owns(IRequester patron, TorrentId torrent)
    {
        lock (_gate)
            return _patrons.GetValueOrDefault(patron.Id)?.Own.Contains(torrent) == true;
    }

    /// <summary>A torrent no longer runs.</summary>
    public void Forget(TorrentId torrent)
    {
        lock (_gate)
        {
            foreach (Recipient recipient in _patrons.Values)
                recipient.Own.Remove(torrent);
        }
    }

    /// <summary>Is told that a patron has the service start something: what is told of unknown torrents from now on may be about that.</summary>
    public void StartBegins(IRequester patron)
    {
        lock (_gate)
        {
            if (_patrons.TryGetValue(patron.Id, out Recipient? recipient))
                recipient.OpenStarts++;
        }
    }

    /// <summary>Is told of what came of it.</summary>
    /// <param name="patron">The patron.</param>
    /// <param name="answer">The answer; null: it failed.</param>
    public void StartEnds(IRequester patron, TorrentAnswer? answer)
    {
        lock (_gate)
        {
            if (!_patrons.TryGetValue(patron.Id, out Recipient? recipient))
                return;
            recipient.OpenStarts--;
            if (answer is NewTorrentCreated created)
            {
                recipient.Own.Add(created.TorrentId);
                patron.Receive(created);
            }

            recipient.Early.RemoveAll(news =>
            {
                bool isDue = recipient.OpenStarts == 0 || news.TorrentId == answer?.TorrentId;
                if (isDue)
                    patron.Receive(news);
                return isDue;
            });
        }
    }

    /// <summary>Brings news.</summary>
    /// <param name="patron">For whom.</param>
    /// <param name="news">The news.</param>
    public void Bring(Guid patron, TorrentMessage news)
    {
        lock (_gate)
        {
            if (!_patrons.TryGetValue(patron, out Recipient? recipient))
                return;
            if (recipient.OpenStarts > 0 && !recipient.Own.Contains(news.TorrentId))
                recipient.Early.Add(news);
            else
                recipient.Patron.Receive(news);
        }
    }

    private sealed class Recipient(IRequester patron)
    {
        public IRequester Patron => patron;

        public HashSet<TorrentId> Own { get; } = [];

        public List<TorrentMessage> Early { get; } = [];

        public int OpenStarts { get; set; }
    }
}
