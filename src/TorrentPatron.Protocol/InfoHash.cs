using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol;

/// <summary>The 20-byte SHA-1 of a torrent's bencoded <c>info</c> dictionary, which identifies a swarm (BEP 3).</summary>
public readonly struct InfoHash : IEquatable<InfoHash>
{
    /// <summary>Length of an info hash in bytes.</summary>
    public const int Length = 20;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly uint _third;

    /// <summary>Takes the hash from its bytes.</summary>
    /// <param name="bytes">Exactly 20 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 20 bytes long.</exception>
    public InfoHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"An info hash must have {Length} bytes, not {bytes.Length}.", nameof(bytes));

        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>Computes the info hash of a raw, bencoded <c>info</c> dictionary.</summary>
    /// <param name="rawInfo">The bytes as they stand in the .torrent file.</param>
    public static InfoHash OfInfo(ReadOnlySpan<byte> rawInfo)
    {
        Span<byte> digest = stackalloc byte[Length];
        SHA1.HashData(rawInfo, digest);
        return new InfoHash(digest);
    }

    /// <summary>Reads 40 hexadecimal digits, of either case.</summary>
    /// <param name="text">The text to read.</param>
    /// <param name="infoHash">The hash, where the text is one.</param>
    /// <returns>Whether the text is an info hash.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out InfoHash infoHash)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text is { Length: Length * 2 }
            && Convert.FromHexString(text, bytes, out _, out int written) == System.Buffers.OperationStatus.Done
            && written == Length)
        {
            infoHash = new InfoHash(bytes);
            return true;
        }

        infoHash = default;
        return false;
    }

    /// <summary>Writes the 20 bytes.</summary>
    /// <param name="destination">At least 20 bytes long.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _first);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _second);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _third);
    }

    /// <summary>The 20 bytes as a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public bool Equals(InfoHash other) => _first == other._first && _second == other._second && _third == other._third;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is InfoHash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_first, _second);

    /// <summary>The hash as 40 lower-case hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Whether two hashes are the same.</summary>
    public static bool operator ==(InfoHash left, InfoHash right) => left.Equals(right);

    /// <summary>Whether two hashes differ.</summary>
    public static bool operator !=(InfoHash left, InfoHash right) => !left.Equals(right);
}
