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

    /// <summary>News that has come since the service was connected to again; null: nothing is to be caught up with.</summary>
    private HashSet<(Guid Patron, TorrentId Torrent, Type Kind)>? _told;

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

    /// <summary>The torrents that are a patron's own.</summary>
    public IReadOnlyList<TorrentId> OwnedBy(IRequester patron)
    {
        lock (_gate)
            return [.. _patrons.GetValueOrDefault(patron.Id)?.Own ?? []];
    }

    /// <summary>The service is connected to again: what it says from now on need not be told by <see cref="CatchUp"/>.</summary>
    public void BeginCatchUp()
    {
        lock (_gate)
            _told = [];
    }

    /// <summary>Tells the owner of a torrent what has happened to it while the service could not be heard.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="before">As it was last seen.</param>
    /// <param name="now">As it is now; stopped, where it no longer runs.</param>
    public void CatchUp(TorrentId torrent, TorrentStatus before, TorrentStatus now)
    {
        lock (_gate)
        {
            foreach (Recipient recipient in _patrons.Values.Where(recipient => recipient.Own.Contains(torrent)))
            {
                if (before.State != now.State && !IsTold(recipient, typeof(TorrentStateChanged)))
                    recipient.Patron.Receive(new TorrentStateChanged(torrent, before.State, now));
                if (!before.IsComplete && now.IsComplete && !IsTold(recipient, typeof(TorrentCompleted)))
                    recipient.Patron.Receive(new TorrentCompleted(torrent, CompletionReason.Downloaded, now));
            }
        }

        bool IsTold(Recipient recipient, Type kind) => _told?.Contains((recipient.Patron.Id, torrent, kind)) == true;
    }

    /// <summary>All has been caught up with.</summary>
    public void EndCatchUp()
    {
        lock (_gate)
            _told = null;
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
            _told?.Add((patron, news.TorrentId, news.GetType()));
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
