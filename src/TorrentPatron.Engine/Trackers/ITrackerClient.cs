using System.Net.Sockets;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Announces to trackers. Thread-safe.</summary>
internal interface ITrackerClient
{
    /// <summary>Sends one announce and waits, for a limited time, for the answer.</summary>
    /// <param name="announce">The tracker's announce URL.</param>
    /// <param name="request">The announce.</param>
    /// <param name="family">
    /// The IP version to announce over, which decides the peers that learn of us; <see cref="AddressFamily.Unspecified"/> uses
    /// the one that answers first.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The answer; null if the tracker has no address of this IP version.</returns>
    /// <exception cref="TrackerFailureException">
    /// The tracker refused, could not be reached, or sent an invalid answer.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>Scrapes a swarm from a tracker, within a limited time (BEP 48, BEP 15).</summary>
    /// <param name="announce">The tracker's announce URL.</param>
    /// <param name="torrent">The swarm.</param>
    /// <param name="family">
    /// The IP version to use; <see cref="AddressFamily.Unspecified"/> uses the one that answers first.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The counts; null if the tracker does not know them or cannot be scraped.</returns>
    /// <exception cref="TrackerFailureException">
    /// The tracker refused, could not be reached, or sent an invalid answer.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<ScrapeResponse?> ScrapeAsync(Uri announce, InfoHash torrent, AddressFamily family, CancellationToken cancellationToken);
}
