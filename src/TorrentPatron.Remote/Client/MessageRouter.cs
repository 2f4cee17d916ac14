using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Remote.Client;

/// <summary>
/// Routes messages to the patrons that own the torrents. Messages of a torrent may arrive before the answer that it has been started; they wait
/// for that. Thread-safe.
/// </summary>
internal sealed class MessageRouter
{
    private readonly Lock _gate = new(); // taken before those of patrons' answers
    private readonly Dictionary<Guid, Recipient> _patrons = [];

    /// <summary>The messages since the connection was restored; null if there is nothing to catch up on.</summary>
    private HashSet<(Guid Patron, TorrentId Torrent, Type Kind)>? _told;

    /// <summary>Adds a patron, which can receive messages from now on.</summary>
    public void Add(IRequester patron)
    {
        lock (_gate)
            _patrons.Add(patron.Id, new Recipient(patron));
    }

    /// <summary>Removes a patron, which then receives no messages and owns nothing.</summary>
    public void Remove(IRequester patron)
    {
        lock (_gate)
            _patrons.Remove(patron.Id);
    }

    /// <summary>Whether a patron owns a torrent.</summary>
    public bool Owns(IRequester patron, TorrentId torrent)
    {
        lock (_gate)
            return _patrons.GetValueOrDefault(patron.Id)?.Own.Contains(torrent) == true;
    }

    /// <summary>The torrents that a patron owns.</summary>
    public IReadOnlyList<TorrentId> OwnedBy(IRequester patron)
    {
        lock (_gate)
            return [.. _patrons.GetValueOrDefault(patron.Id)?.Own ?? []];
    }

    /// <summary>Notes that the connection is restored: <see cref="CatchUp"/> need not repeat the service's messages from now on.</summary>
    public void BeginCatchUp()
    {
        lock (_gate)
            _told = [];
    }

    /// <summary>Tells the owner of a torrent what happened to it while there was no connection.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="before">Its last status before.</param>
    /// <param name="now">Its current status; stopped if it no longer runs.</param>
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

    /// <summary>Notes that everything has been caught up on.</summary>
    public void EndCatchUp()
    {
        lock (_gate)
            _told = null;
    }

    /// <summary>Notes that a torrent no longer runs.</summary>
    public void Forget(TorrentId torrent)
    {
        lock (_gate)
        {
            foreach (Recipient recipient in _patrons.Values)
                recipient.Own.Remove(torrent);
        }
    }

    /// <summary>Notes that a patron starts a torrent: messages of unknown torrents from now on may be about it.</summary>
    public void StartBegins(IRequester patron)
    {
        lock (_gate)
        {
            if (_patrons.TryGetValue(patron.Id, out Recipient? recipient))
                recipient.OpenStarts++;
        }
    }

    /// <summary>Notes the result of a start.</summary>
    /// <param name="patron">The patron.</param>
    /// <param name="answer">The answer; null if the start failed.</param>
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

            recipient.Early.RemoveAll(message =>
            {
                bool isDue = recipient.OpenStarts == 0 || message.TorrentId == answer?.TorrentId;
                if (isDue)
                    patron.Receive(message);
                return isDue;
            });
        }
    }

    /// <summary>Delivers a message.</summary>
    /// <param name="patron">The patron to deliver it to.</param>
    /// <param name="message">The message.</param>
    public void Bring(Guid patron, TorrentMessage message)
    {
        lock (_gate)
        {
            if (!_patrons.TryGetValue(patron, out Recipient? recipient))
                return;
            _told?.Add((patron, message.TorrentId, message.GetType()));
            if (recipient.OpenStarts > 0 && !recipient.Own.Contains(message.TorrentId))
                recipient.Early.Add(message);
            else
                recipient.Patron.Receive(message);
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
