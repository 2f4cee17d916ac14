using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Routing;

/// <summary>Who makes requests and hears of the torrents that it owns: a patron.</summary>
internal interface IRequester
{
    /// <summary>What tells it from all others.</summary>
    Guid Id { get; }

    /// <summary>Whether it has been stopped: it starts nothing any more.</summary>
    bool IsStopped { get; }

    /// <summary>Cancelled when it is stopped.</summary>
    CancellationToken Stopping { get; }

    /// <summary>Takes the answer to a start of its own, ahead of whatever is said of the torrent. Never blocks.</summary>
    void Receive(NewTorrentCreated answer);

    /// <summary>Takes news of a torrent that it owns. Never blocks.</summary>
    void Receive(TorrentMessage news);
}
