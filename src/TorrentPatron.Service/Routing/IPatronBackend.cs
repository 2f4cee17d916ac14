using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.Service.Routing;

/// <summary>Carries out patrons' requests: the service in this process, or a connection to one in another. Thread-safe.</summary>
/// <remarks>
/// An answer is what a request's task brings; the backend calls the requester's <c>Receive</c> for a <see cref="NewTorrentCreated"/> ahead of
/// all news of the torrent, and for that news.
/// </remarks>
internal interface IPatronBackend
{
    /// <summary>The engine, where one runs.</summary>
    IEngineView? Engine { get; }

    /// <summary>Names a request.</summary>
    long NextId();

    /// <summary>Starts a torrent, or joins it where it runs.</summary>
    /// <param name="requester">Who asks.</param>
    /// <param name="request">What to start.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    /// <param name="reading">Gives up reading the source. What has been read is started.</param>
    /// <exception cref="TorrentException">It cannot be started.</exception>
    Task<TorrentAnswer> StartAsync(
        IRequester requester, StartRequest request, PendingAnswer pending, RequestTurn turn, CancellationToken reading);

    /// <summary>Carries out any other command in its torrent's turn.</summary>
    /// <param name="requester">Who asks.</param>
    /// <param name="command">What to do.</param>
    /// <param name="pending">The request's place among the patron's answers.</param>
    /// <param name="turn">The request's place among the patron's requests.</param>
    Task<TorrentAnswer> CommandAsync(IRequester requester, TorrentCommand command, PendingAnswer pending, RequestTurn turn);

    /// <summary>Finds out what is in a torrent, with as little as possible left behind.</summary>
    /// <param name="patron">Who wants to know.</param>
    /// <param name="request">The source, and what helps to find out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TorrentException">It cannot be found out.</exception>
    Task<TorrentMetainfo> FetchMetadataAsync(Patron patron, StartRequest request, CancellationToken cancellationToken);

    /// <summary>Is told that a patron has been stopped. Does not wait for anything.</summary>
    void Stopped(Patron patron);

    /// <summary>Lets go of a stopped patron, all of whose starts have been settled.</summary>
    Task ReleaseAsync(Patron patron);
}
