using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service.Routing;

/// <summary>A patron: it makes requests and receives the messages of the torrents that it owns.</summary>
internal interface IRequester
{
    /// <summary>Its unique id.</summary>
    Guid Id { get; }

    /// <summary>Whether it has been stopped and starts nothing any more.</summary>
    bool IsStopped { get; }

    /// <summary>Cancelled when it is stopped.</summary>
    CancellationToken Stopping { get; }

    /// <summary>Takes the answer to one of its starts, before all other messages of the torrent. Never blocks.</summary>
    void Receive(NewTorrentCreated answer);

    /// <summary>Takes a message of a torrent that it owns. Never blocks.</summary>
    void Receive(TorrentMessage message);
}
