using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Service.Routing;

/// <summary>Carries out patrons' requests: the service in this process, or a connection to one in another process. Thread-safe.</summary>
/// <remarks>
/// The answer is the result of the request's task; the backend calls the requester's <c>Receive</c> for a <see cref="NewTorrentCreated"/>
/// before all other messages of the torrent, and for those messages.
/// </remarks>
internal interface IPatronBackend
{
    /// <summary>The engine, if one runs.</summary>
    IEngineView? Engine { get; }

    /// <summary>Returns the id of a new request.</summary>
    long NextId();

    /// <summary>Starts a torrent, or joins it if it runs.</summary>
    /// <param name="requester">The patron that asks.</param>
    /// <param name="request">The torrent and its options.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    /// <param name="reading">Cancels the reading of the source. A torrent whose source has been read is started.</param>
    /// <exception cref="TorrentException">It cannot be started.</exception>
    Task<TorrentAnswer> StartAsync(
        IRequester requester, StartRequest request, PendingAnswer pending, RequestTurn turn, CancellationToken reading);

    /// <summary>Carries out any other command in the order of its torrent's commands.</summary>
    /// <param name="requester">The patron that asks.</param>
    /// <param name="command">The command.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    Task<TorrentAnswer> CommandAsync(IRequester requester, TorrentCommand command, PendingAnswer pending, RequestTurn turn);

    /// <summary>Fetches the metadata of a torrent, and leaves as little as possible behind.</summary>
    /// <param name="patron">The patron that asks.</param>
    /// <param name="request">The source, additional peers and trackers, and the time limit.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="TorrentException">It cannot be fetched.</exception>
    Task<TorrentMetainfo> FetchMetadataAsync(Patron patron, StartRequest request, CancellationToken cancellationToken);

    /// <summary>Notes that a patron has been stopped. Does not wait for anything.</summary>
    void Stopped(Patron patron);

    /// <summary>Releases a stopped patron, all of whose starts have been settled.</summary>
    Task ReleaseAsync(Patron patron);
}
