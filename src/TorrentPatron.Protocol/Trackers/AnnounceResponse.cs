using System.Net;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>A tracker's answer to an announce, with every value within its limits.</summary>
public sealed record AnnounceResponse
{
    /// <summary>The most peers taken from one answer.</summary>
    public const int MaxPeers = 2_000;

    /// <summary>The shortest <see cref="Interval"/>, regardless of the answer.</summary>
    public static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(30);

    /// <summary>The longest <see cref="Interval"/>, regardless of the answer.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromDays(1);

    /// <summary>The <see cref="Interval"/> if the tracker returns none.</summary>
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(30);

    /// <summary>Time until the next regular announce.</summary>
    public TimeSpan Interval { get; init; } = DefaultInterval;

    /// <summary>The least time until the next announce, if the tracker returned it.</summary>
    public TimeSpan? MinInterval { get; init; }

    /// <summary>Number of complete peers in the swarm, if the tracker returned it.</summary>
    public int? Seeders { get; init; }

    /// <summary>Number of incomplete peers in the swarm, if the tracker returned it.</summary>
    public int? Leechers { get; init; }

    /// <summary>Addresses of other peers, without port 0. May include this peer itself, and duplicates.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>
    /// The <see cref="Peers"/> that accept only encrypted connections, according to the tracker (<c>crypto_flags</c>). It may be
    /// wrong.
    /// </summary>
    public IReadOnlyList<IPEndPoint> EncryptedPeers { get; init; } = [];

    /// <summary>Our address as the tracker sees it (BEP 24 <c>external ip</c>), if returned. It may be wrong.</summary>
    public IPAddress? ExternalAddress { get; init; }

    /// <summary>The tracker id to repeat in the next announce; each character stands for one byte.</summary>
    public string? TrackerId { get; init; }

    /// <summary>The tracker's warning for the user, if any, without control characters.</summary>
    public string? Warning { get; init; }

    /// <summary>Brings a tracker's interval within the limits.</summary>
    internal static TimeSpan ClampInterval(long seconds) => TimeSpan.FromSeconds(
        Math.Clamp(seconds, (long)ShortestInterval.TotalSeconds, (long)LongestInterval.TotalSeconds));
}
