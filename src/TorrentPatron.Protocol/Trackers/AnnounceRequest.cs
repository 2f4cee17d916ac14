using System.Net;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>What a peer tells a tracker about itself (BEP 3, BEP 15).</summary>
public sealed record AnnounceRequest
{
    /// <summary>The swarm.</summary>
    public required InfoHash InfoHash { get; init; }

    /// <summary>How this peer calls itself.</summary>
    public required PeerId PeerId { get; init; }

    /// <summary>The TCP port on which this peer listens, in the IP version over which the tracker is asked; 1 to 65535.</summary>
    public required ushort Port { get; init; }

    /// <summary>Bytes of content sent in this session.</summary>
    public long Uploaded { get; init; }

    /// <summary>Bytes of content received in this session.</summary>
    public long Downloaded { get; init; }

    /// <summary>Bytes of the torrent that are not here, wanted or not; 0 says that this peer is a seed.</summary>
    public long Left { get; init; }

    /// <summary>
    /// Whether this peer has everything that it wants but not everything (BEP 21). HTTP trackers are told with each announce that has
    /// no event; UDP trackers have no way to be told.
    /// </summary>
    public bool IsPartialSeed { get; init; }

    /// <summary>Why this announce is made.</summary>
    public AnnounceEvent Event { get; init; }

    /// <summary>How many peers are wanted; -1 leaves it to the tracker.</summary>
    public int NumWant { get; init; } = 200;

    /// <summary>A number by which the tracker knows this peer again when its address changes.</summary>
    public uint Key { get; init; }

    /// <summary>What this tracker gave as <see cref="AnnounceResponse.TrackerId"/> before, if it did.</summary>
    public string? TrackerId { get; init; }

    /// <summary>Whether this peer takes encrypted connections; HTTP trackers are told, so that they may name others that do.</summary>
    public bool SupportsEncryption { get; init; }

    /// <summary>Whether this peer takes encrypted connections only; HTTP trackers are told.</summary>
    public bool RequiresEncryption { get; init; }

    /// <summary>The address that the tracker is to name this peer by (BEP 3 <c>ip</c>, BEP 15); null: the one from which it is asked.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>An IPv6 address at which this peer can be reached too (BEP 7), if it is to be told.</summary>
    public IPAddress? IPv6 { get; init; }
}
