using System.Net.Sockets;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Announces to trackers. Safe to use from many threads.</summary>
internal interface ITrackerClient
{
    /// <summary>Makes one announce and waits for its answer, for a bounded time.</summary>
    /// <param name="announce">The tracker's announce URL.</param>
    /// <param name="request">What to announce.</param>
    /// <param name="family">
    /// The IP version to announce over, and so to be found by peers of; <see cref="AddressFamily.Unspecified"/>: the one that answers first.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The answer; null: the tracker has no address of this IP version.</returns>
    /// <exception cref="TrackerFailureException">The tracker refused, was out of reach, or did not answer properly.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>Asks a tracker what it knows of a swarm, and waits for its answer, for a bounded time (BEP 48, BEP 15).</summary>
    /// <param name="announce">The tracker's announce URL.</param>
    /// <param name="torrent">The swarm.</param>
    /// <param name="family">The IP version to ask over; <see cref="AddressFamily.Unspecified"/>: the one that answers first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What it knows; null where it knows nothing, or cannot be asked.</returns>
    /// <exception cref="TrackerFailureException">The tracker refused, was out of reach, or did not answer properly.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<ScrapeResponse?> ScrapeAsync(Uri announce, InfoHash torrent, AddressFamily family, CancellationToken cancellationToken);
}
