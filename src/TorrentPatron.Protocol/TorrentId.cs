using System.Diagnostics.CodeAnalysis;

namespace TorrentPatron.Protocol;

/// <summary>Identifies a torrent by its v1 info hash, its v2 info hash (BEP 52) or both. The default value identifies no torrent.</summary>
/// <remarks>
/// <para>
/// Two ids are equal if their leading hashes are: the v1 hash if there is one, otherwise the v2 hash. So a link with only the v1
/// hash of a hybrid has the id of the hybrid itself: when its metadata arrives, its key, folder and text stay the same. The text
/// (<see cref="ToString"/>) and the saved bytes (<see cref="ToArray"/>) are those of the leading hash, and are equal exactly if
/// the ids are.
/// </para>
/// <para>
/// A link with only the v2 hash of a hybrid is not equal to the hybrid: its v1 hash is unknown until the metadata arrives, and
/// equality by any common hash would not be transitive. A torrent therefore keeps the id it was started with;
/// <see cref="Matches"/> tells whether such an id means a torrent, <see cref="IsSameTorrent"/> whether two ids mean the same one.
/// </para>
/// <para>
/// A truncated v2 hash is used only on the wire and never becomes a v1 hash here: to make an id from an <see cref="InfoHash"/>,
/// the caller must say which of the two it is.
/// </para>
/// </remarks>
public readonly struct TorrentId : IEquatable<TorrentId>
{
    // One reference instead of 72 bytes of hashes: each torrent stores its id in a dozen places, and several tables use it as
    // key.
    private readonly Hashes? _hashes;

    /// <summary>Identifies a v1 torrent, or a hybrid with only this hash known.</summary>
    /// <param name="v1">SHA-1 of the info dictionary.</param>
    public TorrentId(InfoHash v1)
        : this(v1, null)
    {
    }

    /// <summary>Identifies a v2 torrent, or a hybrid with only this hash known.</summary>
    /// <param name="v2">SHA-256 of the info dictionary.</param>
    public TorrentId(InfoHashV2 v2)
        : this(null, v2)
    {
    }

    /// <summary>Identifies a torrent by its hashes.</summary>
    /// <param name="v1">SHA-1 of the info dictionary; null if the torrent has none, or it is unknown.</param>
    /// <param name="v2">SHA-256 of the info dictionary; null if the torrent has none, or it is unknown.</param>
    public TorrentId(InfoHash? v1, InfoHashV2? v2) => _hashes = v1 is null && v2 is null ? null : new Hashes(v1, v2);

    /// <summary>SHA-1 of the info dictionary; null if the torrent has none, or it is unknown.</summary>
    public InfoHash? V1 => _hashes?.V1;

    /// <summary>SHA-256 of the info dictionary; null if the torrent has none, or it is unknown.</summary>
    public InfoHashV2? V2 => _hashes?.V2;

    /// <summary>
    /// The 20 bytes that peers, trackers and the DHT use for the torrent: the v1 hash, or the truncated v2 hash (BEP 52).
    /// </summary>
    /// <exception cref="InvalidOperationException">This is the default value, which has no hash.</exception>
    public InfoHash WireHash => V1 ?? V2?.Truncated ?? throw new InvalidOperationException("The id has no hash.");

    /// <summary>
    /// The truncated v2 hash of a hybrid, which peers that support version 2 use. Null if there is only one wire hash.
    /// </summary>
    public InfoHash? SecondWireHash => V1 is null ? null : V2?.Truncated;

    /// <summary>
    /// All hashes that peers, trackers and the DHT use for the torrent: <see cref="WireHash"/> and, for a hybrid,
    /// <see cref="SecondWireHash"/>.
    /// </summary>
    internal IEnumerable<InfoHash> WireHashes => SecondWireHash is { } second ? [WireHash, second] : [WireHash];

    /// <summary>Reads an id: 40 hexadecimal digits are a v1 hash, 64 a v2 hash; of either case.</summary>
    /// <param name="text">The text to read.</param>
    /// <param name="torrent">The id, where the text is one.</param>
    /// <returns>Whether the text is an id.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out TorrentId torrent)
    {
        if (InfoHash.TryParse(text, out InfoHash v1))
        {
            torrent = new TorrentId(v1);
            return true;
        }

        bool isV2 = InfoHashV2.TryParse(text, out InfoHashV2 v2);
        torrent = isV2 ? new TorrentId(v2) : default;
        return isV2;
    }

    /// <summary>Whether this id means a torrent: the torrent has every hash that is known here.</summary>
    /// <param name="torrent">The id of a torrent, with at least as many known hashes.</param>
    public bool Matches(TorrentId torrent) =>
        (V1 is null || V1 == torrent.V1) && (V2 is null || V2 == torrent.V2) && this != default;

    /// <summary>
    /// Whether two ids mean the same torrent, as far as known: they have a common hash, and no different ones. Ids of one torrent
    /// need not be equal; see the remarks on the type.
    /// </summary>
    /// <param name="other">The other id.</param>
    public bool IsSameTorrent(TorrentId other)
    {
        bool haveBothV1 = V1 is not null && other.V1 is not null, haveBothV2 = V2 is not null && other.V2 is not null;
        return (haveBothV1 || haveBothV2) && (!haveBothV1 || V1 == other.V1) && (!haveBothV2 || V2 == other.V2);
    }

    /// <summary>The hash of a hybrid that does not lead this id: the v2 hash if this id has the v1 hash, otherwise the v1 hash.</summary>
    /// <param name="known">The torrent's id with all known hashes.</param>
    /// <returns>The id with only that hash; null if the torrent is not a hybrid, or the hash is not known.</returns>
    public TorrentId? OtherHash(TorrentId known) => known is not { V1: { } v1, V2: { } v2 } ? null
        : V1 is null ? new TorrentId(v1)
        : new TorrentId(v2);

    /// <summary>Whether an info dictionary matches every hash that is known here.</summary>
    /// <param name="rawInfo">The bytes as they stand in the .torrent file.</param>
    public bool MatchesInfo(ReadOnlySpan<byte> rawInfo) =>
        (V1 is not { } v1 || InfoHash.OfInfo(rawInfo) == v1) && (V2 is not { } v2 || InfoHashV2.OfInfo(rawInfo) == v2) && this != default;

    /// <summary>The leading hash as a new array: the 20 bytes of the v1 hash, or the 32 of the v2 hash; empty for the default value.</summary>
    public byte[] ToArray() => V1?.ToArray() ?? V2?.ToArray() ?? [];

    /// <summary>Whether the leading hashes are the same; see the remarks on the type.</summary>
    /// <param name="other">Another id.</param>
    public bool Equals(TorrentId other) =>
        ReferenceEquals(_hashes, other._hashes) || (V1 == other.V1 && (V1 is not null || V2 == other.V2));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TorrentId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => V1?.GetHashCode() ?? V2.GetHashCode();

    /// <summary>The leading hash in lower-case hexadecimal digits: 40 of a v1 hash, 64 of a v2 hash; empty for the default value.</summary>
    public override string ToString() => V1?.ToString() ?? V2?.ToString() ?? "";

    /// <summary>Whether two ids are equal.</summary>
    public static bool operator ==(TorrentId left, TorrentId right) => left.Equals(right);

    /// <summary>Whether two ids differ.</summary>
    public static bool operator !=(TorrentId left, TorrentId right) => !left.Equals(right);

    private sealed class Hashes(InfoHash? v1, InfoHashV2? v2)
    {
        public InfoHash? V1 => v1;

        public InfoHashV2? V2 => v2;
    }
}
