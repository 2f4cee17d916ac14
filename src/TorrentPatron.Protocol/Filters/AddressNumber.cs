using System.Buffers.Binary;

namespace TorrentPatron.Protocol.Filters;

/// <summary>An address as a number: 32 bits of IPv4, 128 of IPv6.</summary>
/// <remarks>
/// Not a <see cref="UInt128"/>: .NET compiles no method that uses one ahead of time, and every engine reads ranges at startup.
/// </remarks>
internal readonly record struct AddressNumber(ulong High, ulong Low) : IComparable<AddressNumber>
{
    /// <summary>Bytes of a number.</summary>
    public const int Bytes = 16;

    /// <summary>Reads a number, big-endian.</summary>
    public static AddressNumber Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[(Bytes / 2)..]));

    /// <summary>Writes the number, big-endian.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[(Bytes / 2)..], Low);
    }

    /// <summary>The number with its lowest bits zero.</summary>
    /// <param name="bits">How many bits, 0 to 128.</param>
    public AddressNumber WithoutLowest(int bits) => new(High & ~LowestOfHigh(bits), Low & ~LowestOfLow(bits));

    /// <summary>The number with its lowest bits one.</summary>
    /// <param name="bits">How many bits, 0 to 128.</param>
    public AddressNumber WithLowest(int bits) => new(High | LowestOfHigh(bits), Low | LowestOfLow(bits));

    /// <summary>The number after this one; after the greatest comes 0.</summary>
    public AddressNumber Next() => new(Low == ulong.MaxValue ? High + 1 : High, Low + 1);

    public int CompareTo(AddressNumber other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    public static bool operator <(AddressNumber left, AddressNumber right) => left.CompareTo(right) < 0;

    public static bool operator <=(AddressNumber left, AddressNumber right) => left.CompareTo(right) <= 0;

    public static bool operator >(AddressNumber left, AddressNumber right) => left.CompareTo(right) > 0;

    public static bool operator >=(AddressNumber left, AddressNumber right) => left.CompareTo(right) >= 0;

    private static ulong LowestOfHigh(int bits) => Ones(bits - 64);

    private static ulong LowestOfLow(int bits) => Ones(bits);

    private static ulong Ones(int count) => count <= 0 ? 0 : count >= 64 ? ulong.MaxValue : (1UL << count) - 1;
}
