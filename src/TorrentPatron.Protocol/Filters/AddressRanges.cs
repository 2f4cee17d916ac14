using System.Net;

namespace TorrentPatron.Protocol.Filters;

/// <summary>
/// A set of addresses, in ranges that are sorted and do not touch: 8 bytes for a range of IPv4, 32 for one of IPv6. An address is looked up by
/// binary search. Immutable; thread-safe.
/// </summary>
public sealed class AddressRanges
{
    private readonly uint[] _firstIPv4;
    private readonly uint[] _lastIPv4;
    private readonly UInt128[] _firstIPv6;
    private readonly UInt128[] _lastIPv6;

    private AddressRanges((uint[] First, uint[] Last) ipv4, (UInt128[] First, UInt128[] Last) ipv6) =>
        ((_firstIPv4, _lastIPv4), (_firstIPv6, _lastIPv6)) = (ipv4, ipv6);

    /// <summary>Number of ranges, after those that overlap or touch were made one.</summary>
    public int Count => _firstIPv4.Length + _firstIPv6.Length;

    /// <summary>Bytes of memory that they take.</summary>
    public long Bytes => (8L * _firstIPv4.Length) + (32L * _firstIPv6.Length);

    /// <summary>Makes the set of some ranges.</summary>
    public static AddressRanges Of(IEnumerable<AddressRange> ranges)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        var builder = new Builder();
        foreach (AddressRange range in ranges)
            builder.Add(range);
        return builder.Build();
    }

    /// <summary>Whether an address is in the set. An IPv4 address that is written as one of IPv6 counts as the IPv4 address.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        UInt128 number = AddressRange.ToNumber(address, out bool isIPv6);
        return isIPv6 ? Contains(_firstIPv6, _lastIPv6, number) : Contains(_firstIPv4, _lastIPv4, (uint)number);
    }

    private static bool Contains<T>(T[] firsts, T[] lasts, T number)
        where T : IComparable<T>
    {
        int index = Array.BinarySearch(firsts, number);
        if (index >= 0)
            return true;
        index = ~index - 1;
        return index >= 0 && number.CompareTo(lasts[index]) <= 0;
    }

    /// <summary>Gathers ranges, in any order. Not thread-safe.</summary>
    internal sealed class Builder
    {
        private ulong[] _ipv4 = [];
        private int _countIPv4;
        private readonly List<(UInt128 First, UInt128 Last)> _ipv6 = [];

        /// <summary>Ranges that were added.</summary>
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
            _ipv4[_countIPv4++] = ((ulong)range.First << 32) | (ulong)range.Last;
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

            _ipv6.Sort();
            var ofIPv6 = new List<(UInt128 First, UInt128 Last)>(_ipv6.Count);
            foreach ((UInt128 first, UInt128 last) in _ipv6)
            {
                if (ofIPv6 is [.., var before] && (first <= before.Last || first - 1 == before.Last))
                    ofIPv6[^1] = (before.First, UInt128.Max(last, before.Last));
                else
                    ofIPv6.Add((first, last));
            }

            return new AddressRanges((firsts, lasts), ([.. ofIPv6.Select(range => range.First)], [.. ofIPv6.Select(range => range.Last)]));
        }
    }
}
