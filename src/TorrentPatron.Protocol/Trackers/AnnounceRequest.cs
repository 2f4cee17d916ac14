using System.Net;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>An announce to a tracker (BEP 3, BEP 15).</summary>
public sealed record AnnounceRequest
{
    /// <summary>The swarm.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>This peer's id.</summary>
    public required PeerId PeerId { get; init; }

    /// <summary>The TCP port that this peer listens on, in the IP version of the announce; 1 to 65535.</summary>
    public required ushort Port { get; init; }

    /// <summary>Bytes of content sent in this session.</summary>
    public long Uploaded { get; init; }

    /// <summary>Bytes of content received in this session.</summary>
    public long Downloaded { get; init; }

    /// <summary>Missing bytes of the torrent, wanted or not; 0 means that this peer is a seed.</summary>
    public long Left { get; init; }

    /// <summary>
    /// Whether this peer has all the files that it wants, but not the whole torrent (BEP 21). HTTP trackers are told with each announce
    /// without an event; UDP trackers cannot be told.
    /// </summary>
    public bool IsPartialSeed { get; init; }

    /// <summary>The event.</summary>
    public AnnounceEvent Event { get; init; }

    /// <summary>How many peers are wanted; -1 leaves it to the tracker.</summary>
    public int NumWant { get; init; } = 200;

    /// <summary>A number that identifies this peer to the tracker after a change of address.</summary>
    public uint Key { get; init; }

    /// <summary>The <see cref="AnnounceResponse.TrackerId"/> that this tracker returned earlier, if any.</summary>
    public string? TrackerId { get; init; }

    /// <summary>
    /// Whether this peer accepts encrypted connections; HTTP trackers are told, so that they may return others that do.
    /// </summary>
    public bool SupportsEncryption { get; init; }

    /// <summary>Whether this peer accepts only encrypted connections; HTTP trackers are told.</summary>
    public bool RequiresEncryption { get; init; }

    /// <summary>
    /// The address that the tracker should report for this peer (BEP 3 <c>ip</c>, BEP 15); null means the source of the announce.
    /// </summary>
    public IPAddress? Address { get; init; }

    /// <summary>This peer's IPv6 address (BEP 7), if it is to be sent.</summary>
    public IPAddress? IPv6 { get; init; }
}
