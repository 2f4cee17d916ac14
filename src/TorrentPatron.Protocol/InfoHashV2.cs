using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol;

/// <summary>The 32-byte SHA-256 of the bencoded <c>info</c> dictionary of a v2 or hybrid torrent (BEP 52).</summary>
public readonly struct InfoHashV2 : IEquatable<InfoHashV2>
{
    /// <summary>Length of a v2 info hash in bytes.</summary>
    public const int Length = 32;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    /// <summary>Takes the hash from its bytes.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public InfoHashV2(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"A v2 info hash must have {Length} bytes, not {bytes.Length}.", nameof(bytes));

        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _fourth = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>The first 20 bytes, used where the wire, a tracker or the DHT has no room for more (BEP 52).</summary>
    public InfoHash Truncated
    {
        get
        {
            Span<byte> bytes = stackalloc byte[Length];
            CopyTo(bytes);
            return new InfoHash(bytes[..InfoHash.Length]);
        }
    }

    /// <summary>Computes the v2 info hash of a raw, bencoded <c>info</c> dictionary.</summary>
    /// <param name="rawInfo">The bytes as they stand in the .torrent file.</param>
    public static InfoHashV2 OfInfo(ReadOnlySpan<byte> rawInfo)
    {
        Span<byte> digest = stackalloc byte[Length];
        SHA256.HashData(rawInfo, digest);
        return new InfoHashV2(digest);
    }

    /// <summary>Reads 64 hexadecimal digits, of either case.</summary>
    /// <param name="text">The text to read.</param>
    /// <param name="infoHash">The hash, where the text is one.</param>
    /// <returns>Whether the text is a v2 info hash.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out InfoHashV2 infoHash)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text is { Length: Length * 2 }
            && Convert.FromHexString(text, bytes, out _, out int written) == System.Buffers.OperationStatus.Done
            && written == Length)
        {
            infoHash = new InfoHashV2(bytes);
            return true;
        }

        infoHash = default;
        return false;
    }

    /// <summary>Writes the 32 bytes.</summary>
    /// <param name="destination">At least 32 bytes long.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _first);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _second);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _third);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _fourth);
    }

    /// <summary>The 32 bytes as a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(InfoHashV2 other) =>
        _first == other._first && _second == other._second && _third == other._third && _fourth == other._fourth;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is InfoHashV2 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_first, _second);

    /// <summary>The hash as 64 lower-case hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Whether two hashes are the same.</summary>
    public static bool operator ==(InfoHashV2 left, InfoHashV2 right) => left.Equals(right);

    /// <summary>Whether two hashes differ.</summary>
    public static bool operator !=(InfoHashV2 left, InfoHashV2 right) => !left.Equals(right);
}
