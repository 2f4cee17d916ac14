using System.Diagnostics.Tracing;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Diagnostics;

/// <summary>
/// Diagnostic events of an engine: the event source <c>TorrentPatron</c>, for <c>dotnet-trace</c> or an
/// <see cref="EventListener"/> in the process. Ids, names and payloads are stable; docs/diagnostics.md lists them.
/// </summary>
/// <remarks>
/// Costs nothing while nobody listens: no payload is built unless <see cref="EventSource.IsEnabled()"/>. Single blocks are not
/// reported. Text from outside is made safe to print. Trackers are named without path and query, which may contain a personal
/// key.
/// </remarks>
[EventSource(Name = SourceName)]
public sealed class EngineEvents : EventSource
{
    /// <summary>The name of the event source.</summary>
    public const string SourceName = "TorrentPatron";

    /// <summary>The longest stack trace reported, characters.</summary>
    private const int LongestStack = 16_000;

    private EngineEvents()
    {
    }

    /// <summary>The process's single source; each event names its torrent.</summary>
    public static EngineEvents Log { get; } = new();

    /// <summary>The subjects of the events.</summary>
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

        /// <summary>Internal errors of the engine.</summary>
        public const EventKeywords Faults = (EventKeywords)0x10;

        /// <summary>Connections between a shared service and its clients.</summary>
        public const EventKeywords Service = (EventKeywords)0x20;
    }

    [Event(1, Level = EventLevel.Informational, Keywords = Keywords.Peers, Message = "{1} ({2}): {4} Closed by: {3}.")]
    private void PeerClosed(string torrent, string peer, string client, string closedBy, string reason) =>
        WriteEvent(1, torrent, peer, client, closedBy, reason);

    [Event(2, Level = EventLevel.Warning, Keywords = Keywords.Peers, Message = "{1} is banned: {2}")]
    private void PeerBanned(string torrent, string peer, string reason) => WriteEvent(2, torrent, peer, reason);

    [Event(3, Level = EventLevel.Verbose, Keywords = Keywords.Peers, Message = "{1} was refused: {2}")]
    private void PeerRefused(string torrent, string peer, string reason) => WriteEvent(3, torrent, peer, reason);

    [Event(4, Level = EventLevel.Verbose, Keywords = Keywords.Peers, Message = "{1} was not reached: {2}")]
    private void DialFailed(string torrent, string peer, string reason) => WriteEvent(4, torrent, peer, reason);

    [Event(5, Level = EventLevel.Informational, Keywords = Keywords.Trackers, Message = "Announcing to {1} (event: {2}).")]
    private void TrackerAsked(string torrent, string tracker, string announce) => WriteEvent(5, torrent, tracker, announce);

    [Event(6, Level = EventLevel.Informational, Keywords = Keywords.Trackers, Message = "{1} returned {2} peers; the next announce is in {3} s.")]
    private void TrackerAnswered(string torrent, string tracker, int peers, int interval) => WriteEvent(6, torrent, tracker, peers, interval);

    [Event(7, Level = EventLevel.Warning, Keywords = Keywords.Trackers, Message = "{1} failed: {2}")]
    private void TrackerFailed(string torrent, string tracker, string reason) => WriteEvent(7, torrent, tracker, reason);

    [Event(8, Level = EventLevel.Warning, Keywords = Keywords.Pieces, Message = "Piece {1} failed its hash check; it came from {2}.")]
    private void PieceFailed(string torrent, int piece, string senders) => WriteEvent(8, torrent, piece, senders);

    [Event(9, Level = EventLevel.Error, Keywords = Keywords.Disk, Message = "{1}: {2}")]
    private void DiskError(string torrent, string errorId, string message) => WriteEvent(9, torrent, errorId, message);

    [Event(10, Level = EventLevel.Error, Keywords = Keywords.Faults, Message = "A fault in the {1}: {2}")]
    private void FaultCaught(string torrent, string root, string message, string stack) => WriteEvent(10, torrent, root, message, stack);

    [Event(11, Level = EventLevel.Warning, Keywords = Keywords.Trackers, Message = "{1} is not used: {2}")]
    private void TrackerIgnored(string torrent, string tracker, string reason) => WriteEvent(11, torrent, tracker, reason);

    [Event(12, Level = EventLevel.Informational, Keywords = Keywords.Service, Message = "A connection to a {0} ended: {1}")]
    private void ServiceConnectionClosed(string partner, string reason) => WriteEvent(12, partner, reason);

    [Event(13, Level = EventLevel.Warning, Keywords = Keywords.Service, Message = "A connection was refused ({0}): {1}")]
    private void ServiceConnectionRefused(string client, string reason) => WriteEvent(13, client, reason);

    /// <summary>A connection to a peer has ended.</summary>
    [NonEvent]
    internal void PeerClosed(TorrentId torrent, ClosedPeer peer)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Peers))
            PeerClosed(torrent.ToString(), peer.EndPoint.ToString(), peer.Client, peer.ClosedBy.ToString(), peer.Reason);
    }

    /// <summary>A peer was banned.</summary>
    [NonEvent]
    internal void PeerBanned(TorrentId torrent, IPEndPoint peer, string reason)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Peers))
            PeerBanned(torrent.ToString(), peer.ToString(), reason);
    }

    /// <summary>A connection was refused after its handshake.</summary>
    [NonEvent]
    internal void PeerRefused(TorrentId torrent, IPEndPoint peer, string reason)
    {
        if (IsEnabled(EventLevel.Verbose, Keywords.Peers))
            PeerRefused(torrent.ToString(), peer.ToString(), reason);
    }

    /// <summary>An address could not be reached.</summary>
    [NonEvent]
    internal void DialFailed(TorrentId torrent, IPEndPoint peer, Exception cause)
    {
        if (IsEnabled(EventLevel.Verbose, Keywords.Peers))
            DialFailed(torrent.ToString(), peer.ToString(), Sentence(cause.Message));
    }

    /// <summary>An announce was sent to a tracker.</summary>
    [NonEvent]
    internal void TrackerAsked(TorrentId torrent, Uri tracker, AnnounceEvent announce)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Trackers))
            TrackerAsked(torrent.ToString(), NameOf(tracker), announce.ToString());
    }

    /// <summary>A tracker answered.</summary>
    [NonEvent]
    internal void TrackerAnswered(TorrentId torrent, Uri tracker, AnnounceResponse response)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Trackers))
            TrackerAnswered(torrent.ToString(), NameOf(tracker), response.Peers.Count, (int)response.Interval.TotalSeconds);
    }

    /// <summary>A tracker refused or did not answer.</summary>
    [NonEvent]
    internal void TrackerFailed(TorrentId torrent, Uri tracker, Exception cause)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Trackers))
            TrackerFailed(torrent.ToString(), NameOf(tracker), Sentence(MaskedAddress.Hide(cause.Message, tracker)));
    }

    /// <summary>A torrent's tracker cannot be used.</summary>
    [NonEvent]
    internal void TrackerIgnored(TorrentId torrent, string tracker)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Trackers))
            TrackerIgnored(torrent.ToString(), MaskedAddress.OfTracker(tracker), "WebTorrent trackers are not supported.");
    }

    /// <summary>A piece failed its hash check.</summary>
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

    /// <summary>A connection between a shared service and a client ended.</summary>
    /// <param name="partner">The other end: <c>client</c> or <c>service</c>.</param>
    /// <param name="reason">Why, as a sentence.</param>
    [NonEvent]
    internal void ConnectionClosed(string partner, string reason)
    {
        if (IsEnabled(EventLevel.Informational, Keywords.Service))
            ServiceConnectionClosed(partner, Sentence(reason));
    }

    /// <summary>A shared service refused a client.</summary>
    /// <param name="client">The client, as far as it is known.</param>
    /// <param name="reason">Why.</param>
    [NonEvent]
    internal void ConnectionRefused(string client, string reason)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Service))
            ServiceConnectionRefused(client, Sentence(reason));
    }

    /// <summary>The root of a loop caught an unexpected exception.</summary>
    /// <param name="torrent">The torrent it concerned; null for none or several.</param>
    /// <param name="root">The loop, in words.</param>
    /// <param name="fault">The exception.</param>
    [NonEvent]
    public void FaultCaught(TorrentId? torrent, string root, Exception fault)
    {
        if (!IsEnabled(EventLevel.Error, Keywords.Faults) || fault is null)
            return;
        string stack = fault.ToString();
        FaultCaught(
            torrent?.ToString() ?? "", root, $"{fault.GetType().Name}: {fault.Message}", stack.Length > LongestStack ? stack[..LongestStack] : stack);
    }

    /// <summary>Makes a message safe to print and ends it with a full stop, which system messages lack.</summary>
    internal static string Sentence(string message)
    {
        string clean = DisplayText.Clean(message);
        return clean.EndsWith('.') ? clean : clean + ".";
    }

    private static string NameOf(Uri tracker) => MaskedAddress.OfTracker(tracker);
}
