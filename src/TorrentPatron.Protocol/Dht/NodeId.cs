using System.Buffers.Binary;
using System.Numerics;

namespace TorrentPatron.Protocol.Dht;

/// <summary>
/// The 160-bit id of a DHT node or, in the same space, of a torrent (BEP 5). The distance of two ids is their exclusive or, as a
/// number.
/// </summary>
public readonly struct NodeId : IEquatable<NodeId>
{
    /// <summary>Length of an id in bytes.</summary>
    public const int Length = 20;

    /// <summary>Length of an id in bits.</summary>
    public const int Bits = Length * 8;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly uint _third;

    /// <summary>Takes the id from its bytes.</summary>
    /// <param name="bytes">Exactly 20 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 20 bytes long.</exception>
    public NodeId(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
            throw new ArgumentException($"A node id must have {Length} bytes, not {bytes.Length}.", nameof(bytes));

        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>The position of a torrent among the nodes.</summary>
    public static NodeId Of(InfoHash torrent)
    {
        Span<byte> bytes = stackalloc byte[Length];
        torrent.CopyTo(bytes);
        return new NodeId(bytes);
    }

    /// <summary>Creates a random id.</summary>
    /// <param name="random">Source of randomness.</param>
    public static NodeId Create(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<byte> bytes = stackalloc byte[Length];
        random.NextBytes(bytes);
        return new NodeId(bytes);
    }

    /// <summary>Creates a random id with the same first bits as this one.</summary>
    /// <param name="bits">The number of equal bits, 0 to 160; the others are random.</param>
    /// <param name="random">Source of randomness.</param>
    public NodeId CreateNear(int bits, Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bits, (uint)Bits, nameof(bits));
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> chance = stackalloc byte[Length];
        CopyTo(bytes);
        random.NextBytes(chance);
        for (int i = bits / 8; i < Length; i++)
        {
            int kept = i == bits / 8 ? 0xFF00 >> (bits % 8) : 0;
            bytes[i] = (byte)((bytes[i] & kept) | (chance[i] & ~kept));
        }

        return new NodeId(bytes);
    }

    /// <summary>The id that differs from this one in one bit.</summary>
    /// <param name="bit">The bit's index, 0 (the first) to 159.</param>
    public NodeId WithBitFlipped(int bit)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)bit, (uint)Bits, nameof(bit));
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        bytes[bit / 8] ^= (byte)(0x80 >> (bit % 8));
        return new NodeId(bytes);
    }

    /// <summary>The number of equal bits before the first different one, 0 to 160.</summary>
    public int CommonBits(NodeId other)
    {
        if (_first != other._first)
            return BitOperations.LeadingZeroCount(_first ^ other._first);
        if (_second != other._second)
            return 64 + BitOperations.LeadingZeroCount(_second ^ other._second);
        return 128 + BitOperations.LeadingZeroCount(_third ^ other._third);
    }

    /// <summary>Compares the distances of two ids from this one.</summary>
    /// <returns>
    /// Less than 0 if <paramref name="left"/> is nearer, greater if <paramref name="right"/> is, 0 if they are the same.
    /// </returns>
    public int CompareDistance(NodeId left, NodeId right)
    {
        int order = (_first ^ left._first).CompareTo(_first ^ right._first);
        if (order == 0)
            order = (_second ^ left._second).CompareTo(_second ^ right._second);
        return order == 0 ? (_third ^ left._third).CompareTo(_third ^ right._third) : order;
    }

    /// <summary>Writes the 20 bytes.</summary>
    /// <param name="destination">At least 20 bytes long.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _first);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _second);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _third);
    }

    /// <inheritdoc/>
    public bool Equals(NodeId other) => _first == other._first && _second == other._second && _third == other._third;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NodeId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_first, _second, _third);

    /// <summary>The id as 40 lower-case hexadecimal digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Whether two ids are the same.</summary>
    public static bool operator ==(NodeId left, NodeId right) => left.Equals(right);

    /// <summary>Whether two ids differ.</summary>
    public static bool operator !=(NodeId left, NodeId right) => !left.Equals(right);
}
