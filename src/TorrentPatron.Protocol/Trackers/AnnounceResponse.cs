using System.Net;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>What a tracker answered to an announce, with every value already inside its bounds.</summary>
public sealed record AnnounceResponse
{
    /// <summary>At most this many peers are taken from one answer.</summary>
    public const int MaxPeers = 2_000;

    /// <summary>The shortest <see cref="Interval"/>, whatever the tracker says.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(30);

    /// <summary>The longest <see cref="Interval"/>, whatever the tracker says.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);

    /// <summary>The <see cref="Interval"/> where the tracker names none.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(30);

    /// <summary>Time until the next regular announce.</summary>
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>Time before which the tracker wants no further announce, if it said so.</summary>
    public TimeSpan? MinInterval { get; init; }

    /// <summary>Number of complete peers in the swarm, if the tracker told it.</summary>
    public int? Seeders { get; init; }

    /// <summary>Number of incomplete peers in the swarm, if the tracker told it.</summary>
    public int? Leechers { get; init; }

    /// <summary>Addresses of other peers; none has port 0. May include this peer itself, and the same peer twice.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Those of <see cref="Peers"/> that the tracker says take encrypted connections only (<c>crypto_flags</c>). It may lie.</summary>
    public IReadOnlyList<IPEndPoint> EncryptedPeers { get; init; } = [];

    /// <summary>Our address as the tracker sees it (BEP 24 <c>external ip</c>), if it told it. It may lie.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>What the tracker wants to be told with the next announce; each character stands for one byte.</summary>
    public string? TrackerId { get; init; }

    /// <summary>A warning to show to a person, free of control characters, if the tracker gave one.</summary>
    public string? Warning { get; init; }

    /// <summary>Brings an interval that a tracker gave within the bounds.</summary>
    internal static TimeSpan ClampInterval(long seconds) => TimeSpan.FromSeconds(
        Math.Clamp(seconds, (long)ShortestInterval.TotalSeconds, (long)LongestInterval.TotalSeconds));
}
