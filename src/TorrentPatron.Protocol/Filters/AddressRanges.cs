using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace TorrentPatron.Protocol.Filters;

/// <summary>
/// A set of addresses, as sorted ranges that do not touch: 8 bytes for an IPv4 range, 32 for IPv6. Lookups use binary search.
/// Immutable; thread-safe.
/// </summary>
public sealed class AddressRanges
{
    private const int CountBytes = sizeof(int);
    private const int IPv4Bytes = 8; // of a range
    private const int IPv6Bytes = 2 * AddressNumber.Bytes;

    private readonly uint[] _firstIPv4;
    private readonly uint[] _lastIPv4;
    private readonly AddressNumber[] _firstIPv6;
    private readonly AddressNumber[] _lastIPv6;

    private AddressRanges((uint[] First, uint[] Last) ipv4, (AddressNumber[] First, AddressNumber[] Last) ipv6) =>
        ((_firstIPv4, _lastIPv4), (_firstIPv6, _lastIPv6), Count) = (ipv4, ipv6, ipv4.First.Length + ipv6.First.Length);

    /// <summary>The number of ranges, after overlapping and adjacent ones were merged.</summary>
    public int Count { get; private init; }

    /// <summary>Whether only the number of ranges is known, as for a filter of another process.</summary>
    public bool IsCounted { get; private init; }

    /// <summary>Bytes of memory used.</summary>
    public long Bytes => (8L * _firstIPv4.Length) + (32L * _firstIPv6.Length);

    /// <summary>Creates the set from ranges.</summary>
    public static AddressRanges Of(IEnumerable<AddressRange> ranges)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        var builder = new Builder();
        foreach (AddressRange range in ranges)
            builder.Add(range);
        return builder.Build();
    }

    /// <summary>Creates the set from texts in the form of <see cref="AddressRange.TryParse"/>.</summary>
    /// <exception cref="FormatException">A text is not a range.</exception>
    public static AddressRanges Parse(params ReadOnlySpan<string> texts)
    {
        var builder = new Builder();
        foreach (string text in texts)
            builder.Add(AddressRange.TryParse(text, out AddressRange range) ? range : throw new FormatException(text));
        return builder.Build();
    }

    /// <summary>Whether the set contains an address. An IPv4-mapped IPv6 address counts as the IPv4 address.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        AddressNumber number = AddressRange.ToNumber(address, out bool isIPv6);
        return isIPv6 ? Contains(_firstIPv6, _lastIPv6, number) : Contains(_firstIPv4, _lastIPv4, (uint)number.Low);
    }

    /// <summary>
    /// Writes the set: the number of IPv4 ranges, then the first and last address of each range, IPv4 first; big-endian.
    /// </summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[CountBytes + (IPv4Bytes * _firstIPv4.Length) + (IPv6Bytes * _firstIPv6.Length)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, _firstIPv4.Length);
        Span<byte> rest = bytes.AsSpan(CountBytes);
        for (int i = 0; i < _firstIPv4.Length; i++, rest = rest[IPv4Bytes..])
        {
            BinaryPrimitives.WriteUInt32BigEndian(rest, _firstIPv4[i]);
            BinaryPrimitives.WriteUInt32BigEndian(rest[(IPv4Bytes / 2)..], _lastIPv4[i]);
        }

        for (int i = 0; i < _firstIPv6.Length; i++, rest = rest[IPv6Bytes..])
        {
            _firstIPv6[i].Write(rest);
            _lastIPv6[i].Write(rest[AddressNumber.Bytes..]);
        }

        return bytes;
    }

    /// <summary>Reads the output of <see cref="ToBytes"/>.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="ranges">The set.</param>
    /// <returns>False if the length is wrong, or ranges are unsorted, overlapping or reversed.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out AddressRanges? ranges)
    {
        ranges = null;
        if (bytes.Length < CountBytes || BinaryPrimitives.ReadInt32BigEndian(bytes) is not (>= 0 and var count))
            return false;
        bytes = bytes[CountBytes..];
        if (count > bytes.Length / IPv4Bytes || (bytes.Length - (count * IPv4Bytes)) % IPv6Bytes != 0)
            return false;
        int countIPv6 = (bytes.Length - (count * IPv4Bytes)) / IPv6Bytes;
        uint[] firsts = new uint[count], lasts = new uint[count];
        for (int i = 0; i < count; i++, bytes = bytes[IPv4Bytes..])
        {
            (firsts[i], lasts[i]) = (BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[(IPv4Bytes / 2)..]));
            if (lasts[i] < firsts[i] || (i > 0 && firsts[i] <= lasts[i - 1]))
                return false;
        }

        AddressNumber[] firstsIPv6 = new AddressNumber[countIPv6], lastsIPv6 = new AddressNumber[countIPv6];
        for (int i = 0; i < countIPv6; i++, bytes = bytes[IPv6Bytes..])
        {
            (firstsIPv6[i], lastsIPv6[i]) = (AddressNumber.Read(bytes), AddressNumber.Read(bytes[AddressNumber.Bytes..]));
            if (lastsIPv6[i] < firstsIPv6[i] || (i > 0 && firstsIPv6[i] <= lastsIPv6[i - 1]))
                return false;
        }

        ranges = new AddressRanges((firsts, lasts), (firstsIPv6, lastsIPv6));
        return true;
    }

    /// <summary>A placeholder for ranges of which only the number is known. It contains no address.</summary>
    /// <param name="count">Their number.</param>
    public static AddressRanges Counted(int count) => new(([], []), ([], [])) { Count = count, IsCounted = true };

    private static bool Contains<T>(T[] firsts, T[] lasts, T number)
        where T : IComparable<T>
    {
        // The ranges before 'low' begin at or before the number.
        int low = 0, high = firsts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (firsts[middle].CompareTo(number) <= 0)
                low = middle + 1;
            else
                high = middle;
        }

        return low > 0 && number.CompareTo(lasts[low - 1]) <= 0;
    }

    /// <summary>Collects ranges in any order. Not thread-safe.</summary>
    internal sealed class Builder
    {
        private ulong[] _ipv4 = [];
        private int _countIPv4;
        private readonly List<(AddressNumber First, AddressNumber Last)> _ipv6 = [];

        /// <summary>The number of ranges added.</summary>
        public int Count => _countIPv4 + _ipv6.Count;

        /// <summary>Adds a range.</summary>
        public void Add(AddressRange range)
        {
            if (range.IsIPv6)
            {
                _ipv6.Add((range.First, range.Last));
                return;
            }

            if (_countIPv4 == _ipv4.Length)
                Array.Resize(ref _ipv4, Math.Max(16, _countIPv4 * 2));
            _ipv4[_countIPv4++] = (range.First.Low << 32) | range.Last.Low;
        }

        /// <summary>Makes the set.</summary>
        public AddressRanges Build()
        {
            Array.Sort(_ipv4, 0, _countIPv4);
            int merged = 0;
            for (int i = 0; i < _countIPv4; i++)
            {
                uint first = (uint)(_ipv4[i] >> 32), last = (uint)_ipv4[i];
                uint lastBefore = merged > 0 ? (uint)_ipv4[merged - 1] : 0;
                if (merged > 0 && (first <= lastBefore || first - 1 == lastBefore))
                    _ipv4[merged - 1] = (_ipv4[merged - 1] & 0xFFFFFFFF00000000) | Math.Max(last, lastBefore);
                else
                    _ipv4[merged++] = _ipv4[i];
            }

            uint[] firsts = new uint[merged], lasts = new uint[merged];
            for (int i = 0; i < merged; i++)
                (firsts[i], lasts[i]) = ((uint)(_ipv4[i] >> 32), (uint)_ipv4[i]);

            _ipv6.Sort(static (left, right) => left.First.CompareTo(right.First));
            AddressNumber[] firstsIPv6 = new AddressNumber[_ipv6.Count], lastsIPv6 = new AddressNumber[_ipv6.Count];
            int mergedIPv6 = 0;
            foreach ((AddressNumber first, AddressNumber last) in _ipv6)
            {
                if (mergedIPv6 > 0 && lastsIPv6[mergedIPv6 - 1] is var before && (first <= before || first == before.Next()))
                    lastsIPv6[mergedIPv6 - 1] = last > before ? last : before;
                else
                    (firstsIPv6[mergedIPv6], lastsIPv6[mergedIPv6++]) = (first, last);
            }

            return new AddressRanges((firsts, lasts), (firstsIPv6[..mergedIPv6], lastsIPv6[..mergedIPv6]));
        }
    }
}
