using System.Diagnostics.Tracing;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Diagnostics;

/// <summary>
/// What happens inside an engine, for whoever diagnoses it: the event source <c>TorrentPatron</c>, read by <c>dotnet-trace</c> or by an
/// <see cref="EventListener"/> in the process. Ids, names and payloads are stable; docs/diagnostics.md lists them.
/// </summary>
/// <remarks>
/// Free while nobody listens: nothing is built before <see cref="EventSource.IsEnabled()"/> says so. Nothing is told of single blocks.
/// Text from outside is made safe to print. A tracker is named without its path and query, which may hold a person's key.
/// </remarks>
[EventSource(Name = SourceName)]
public sealed class EngineEvents : EventSource
{
    /// <summary>The name of the event source.</summary>
    public const string SourceName = "TorrentPatron";

    /// <summary>Longest stack that is told, characters.</summary>
    private const int LongestStack = 16_000;

    private EngineEvents()
    {
    }

    /// <summary>The one source of the process; its events name the torrent that they are of.</summary>
    public static EngineEvents Log { get; } = new();

    /// <summary>What the events are about.</summary>
    public static class Keywords
    {
        /// <summary>Connections to peers.</summary>
        public const EventKeywords Peers = (EventKeywords)0x1;

        /// <summary>Trackers.</summary>
        public const EventKeywords Trackers = (EventKeywords)0x2;

        /// <summary>Pieces.</summary>
        public const EventKeywords Pieces = (EventKeywords)0x4;

        /// <summary>Files.</summary>
        public const EventKeywords Disk = (EventKeywords)0x8;

        /// <summary>Errors of the engine itself.</summary>
        public const EventKeywords Faults = (EventKeywords)0x10;

        /// <summary>Connections between a shared service and its clients.</summary>
        public const EventKeywords Service = (EventKeywords)0x20;
    }

    [Event(1, Level = EventLevel.Informational, Keywords = Keywords.Peers, Message = "{1} ({2}): {4} Closed by: {3}.")]
    private void PeerClosed(string torrent, string peer, string client, string closedBy, string reason) =>
        WriteEvent(1, torrent, peer, client, closedBy, reason);

    [Event(2, Level = EventLevel.Warning, Keywords = Keywords.Peers, Message = "{1} is banned: {2}")]
    private void PeerBanned(string torrent, string peer, string reason) => WriteEvent(2, torrent, peer, reason);

    [Event(3, Level = EventLevel.Verbose, Keywords = Keywords.Peers, Message = "{1} is refused: {2}")]
    private void PeerRefused(string torrent, string peer, string reason) => WriteEvent(3, torrent, peer, reason);

    [Event(4, Level = EventLevel.Verbose, Keywords = Keywords.Peers, Message = "{1} was not reached: {2}")]
    private void DialFailed(string torrent, string peer, string reason) => WriteEvent(4, torrent, peer, reason);

    [Event(5, Level = EventLevel.Informational, Keywords = Keywords.Trackers, Message = "{1} is asked (event: {2}).")]
    private void TrackerAsked(string torrent, string tracker, string announce) => WriteEvent(5, torrent, tracker, announce);

    [Event(6, Level = EventLevel.Informational, Keywords = Keywords.Trackers, Message = "{1} answered with {2} peers; it is asked again in {3} s.")]
    private void TrackerAnswered(string torrent, string tracker, int peers, int interval) => WriteEvent(6, torrent, tracker, peers, interval);

    [Event(7, Level = EventLevel.Warning, Keywords = Keywords.Trackers, Message = "{1} failed: {2}")]
    private void TrackerFailed(string torrent, string tracker, string reason) => WriteEvent(7, torrent, tracker, reason);

    [Event(8, Level = EventLevel.Warning, Keywords = Keywords.Pieces, Message = "Piece {1} has a wrong hash; it came from {2}.")]
    private void PieceFailed(string torrent, int piece, string senders) => WriteEvent(8, torrent, piece, senders);

    [Event(9, Level = EventLevel.Error, Keywords = Keywords.Disk, Message = "{1}: {2}")]
    private void DiskError(string torrent, string errorId, string message) => WriteEvent(9, torrent, errorId, message);

    [Event(10, Level = EventLevel.Error, Keywords = Keywords.Faults, Message = "A fault in the {1}: {2}")]
    private void FaultCaught(string torrent, string root, string message, string stack) => WriteEvent(10, torrent, root, message, stack);

    [Event(11, Level = EventLevel.Warning, Keywords = Keywords.Trackers, Message = "{1} is not asked: {2}")]
    private void TrackerIgnored(string torrent, string tracker, string reason) => WriteEvent(11, torrent, tracker, reason);

    [Event(12, Level = EventLevel.Informational, Keywords = Keywords.Service, Message = "A connection to a {0} has ended: {1}")]
    private void ServiceConnectionClosed(string partner, string reason) => WriteEvent(12, partner, reason);

    [Event(13, Level = EventLevel.Warning, Keywords = Keywords.Service, Message = "A connection is refused ({0}): {1}")]
    private void ServiceConnectionRefused(string client, string reason) => WriteEvent(13, client, reason);

    /// <summary>A connection to a peer has ended.</summary>
    [NonEvent]
    internal void PeerClosed(TorrentId torrent, ClosedPeer peer)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Peers))
            PeerClosed(torrent.ToString(), peer.EndPoint.ToString(), peer.Client, peer.ClosedBy.ToString(), peer.Reason);
    }

    /// <summary>A peer is shut out.</summary>
    [NonEvent]
    internal void PeerBanned(TorrentId torrent, IPEndPoint peer, string reason)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Peers))
            PeerBanned(torrent.ToString(), peer.ToString(), reason);
    }

    /// <summary>A connection whose handshakes are done is not kept.</summary>
    [NonEvent]
    internal void PeerRefused(TorrentId torrent, IPEndPoint peer, string reason)
    {
        if (IsEnabled(EventLevel.Verbose, Keywords.Peers))
            PeerRefused(torrent.ToString(), peer.ToString(), reason);
    }

    /// <summary>An address was dialled in vain.</summary>
    [NonEvent]
    internal void DialFailed(TorrentId torrent, IPEndPoint peer, Exception cause)
    {
        if (IsEnabled(EventLevel.Verbose, Keywords.Peers))
            DialFailed(torrent.ToString(), peer.ToString(), Sentence(cause.Message));
    }

    /// <summary>A tracker is asked.</summary>
    [NonEvent]
    internal void TrackerAsked(TorrentId torrent, Uri tracker, AnnounceEvent announce)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Trackers))
            TrackerAsked(torrent.ToString(), NameOf(tracker), announce.ToString());
    }

    /// <summary>A tracker has answered.</summary>
    [NonEvent]
    internal void TrackerAnswered(TorrentId torrent, Uri tracker, AnnounceResponse response)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Trackers))
            TrackerAnswered(torrent.ToString(), NameOf(tracker), response.Peers.Count, (int)response.Interval.TotalSeconds);
    }

    /// <summary>A tracker has refused, or has not answered.</summary>
    [NonEvent]
    internal void TrackerFailed(TorrentId torrent, Uri tracker, Exception cause)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Trackers))
            TrackerFailed(torrent.ToString(), NameOf(tracker), Sentence(MaskedAddress.Hide(cause.Message, tracker)));
    }

    /// <summary>A tracker that a torrent names cannot be asked.</summary>
    [NonEvent]
    internal void TrackerIgnored(TorrentId torrent, string tracker)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Trackers))
            TrackerIgnored(torrent.ToString(), MaskedAddress.OfTracker(tracker), "Trackers of browsers (WebTorrent) are not supported.");
    }

    /// <summary>A piece has arrived with a wrong hash.</summary>
    [NonEvent]
    internal void PieceFailed(TorrentId torrent, int piece, IEnumerable<string> senders)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Pieces))
            PieceFailed(torrent.ToString(), piece, string.Join(", ", senders));
    }

    /// <summary>A torrent's file could not be read or written.</summary>
    [NonEvent]
    internal void DiskError(TorrentId torrent, TorrentError error)
    {
        if (IsEnabled(EventLevel.Error, Keywords.Disk))
            DiskError(torrent.ToString(), error.Id, error.Message);
    }

    /// <summary>A connection between a shared service and a client has ended.</summary>
    /// <param name="partner">What is at the other end: <c>client</c> or <c>service</c>.</param>
    /// <param name="reason">Why, as a sentence.</param>
    [NonEvent]
    internal void ConnectionClosed(string partner, string reason)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Service))
            ServiceConnectionClosed(partner, Sentence(reason));
    }

    /// <summary>A client of a shared service is not let in.</summary>
    /// <param name="client">Who, as far as that is known.</param>
    /// <param name="reason">Why.</param>
    [NonEvent]
    internal void ConnectionRefused(string client, string reason)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Service))
            ServiceConnectionRefused(client, Sentence(reason));
    }

    /// <summary>The root of a loop has caught what nobody expected.</summary>
    /// <param name="torrent">The torrent whose work it was; null: nobody's, or several torrents'.</param>
    /// <param name="root">The loop, for people.</param>
    /// <param name="fault">What was caught.</param>
    [NonEvent]
    public void FaultCaught(TorrentId? torrent, string root, Exception fault)
    {
        if (!IsEnabled(EventLevel.Error, Keywords.Faults) || fault is null)
            return;
        string stack = fault.ToString();
        FaultCaught(
            torrent?.ToString() ?? "", root, $"{fault.GetType().Name}: {fault.Message}", stack.Length > LongestStack ? stack[..LongestStack] : stack);
    }

    /// <summary>What went wrong, safe to print, as a sentence: what systems say has no full stop.</summary>
    internal static string Sentence(string message)
    {
        string clean = DisplayText.Clean(message);
        return clean.EndsWith('.') ? clean : clean + ".";
    }

    private static string NameOf(Uri tracker) => MaskedAddress.OfTracker(tracker);
}
