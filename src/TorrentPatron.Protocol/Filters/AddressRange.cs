using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Protocol.Filters;

/// <summary>The addresses of one IP version from a first to a last one, inclusive. Immutable.</summary>
public readonly record struct AddressRange
{
    private AddressRange(AddressNumber first, AddressNumber last, bool isIPv6) => (First, Last, IsIPv6) = (first, last, isIPv6);

    /// <summary>Whether they are IPv6 addresses.</summary>
    public bool IsIPv6 { get; }

    /// <summary>The first address.</summary>
    internal AddressNumber First { get; }

    /// <summary>The last address.</summary>
    internal AddressNumber Last { get; }

    /// <summary>
    /// Parses an address (<c>192.0.2.1</c>), a network (<c>192.0.2.0/24</c>, <c>2001:db8::/32</c>) or a range
    /// (<c>192.0.2.1-192.0.2.9</c>). Bits of a network's address after its prefix are ignored, and so are leading zeros.
    /// </summary>
    /// <param name="text">The text, with spaces anywhere except within an address.</param>
    /// <param name="range">The addresses.</param>
    /// <returns>False if it is none of these.</returns>
    public static bool TryParse(string text, out AddressRange range)
    {
        ArgumentNullException.ThrowIfNull(text);
        range = default;
        Span<byte> bytes = stackalloc byte[FilterReader.LongestLine];
        return System.Text.Encoding.UTF8.TryGetBytes(text, bytes, out int length)
            && TryRead(bytes[..length].Trim((byte)' '), out range, out ReadOnlySpan<byte> rest) && rest.IsEmpty;
    }

    /// <summary>Whether the range contains an address. An IPv4-mapped IPv6 address counts as the IPv4 address.</summary>
    public bool Contains(IPAddress address)
    {
        AddressNumber number = ToNumber(address, out bool isIPv6);
        return isIPv6 == IsIPv6 && number >= First && number <= Last;
    }

    /// <summary>Parses a range at the beginning of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="range">The addresses.</param>
    /// <param name="rest">The text after it, without leading spaces.</param>
    internal static bool TryRead(ReadOnlySpan<byte> text, out AddressRange range, out ReadOnlySpan<byte> rest)
    {
        range = default;
        if (!TryReadAddress(text, out AddressNumber first, out bool isIPv6, out rest))
            return false;
        AddressNumber last = first;
        if (rest is [(byte)'/', ..])
        {
            int bits = isIPv6 ? 128 : 32;
            if (!TryReadNumber(rest[1..], bits, out int prefix, out rest))
                return false;
            (first, last) = (first.WithoutLowest(bits - prefix), first.WithLowest(bits - prefix));
        }
        else if (rest is [(byte)'-', ..])
        {
            if (!TryReadAddress(rest[1..].TrimStart((byte)' '), out last, out bool isLastIPv6, out rest) || isIPv6 != isLastIPv6 || last < first)
                return false;
        }

        range = new AddressRange(first, last, isIPv6);
        return true;
    }

    /// <summary>Parses a number from 0 to a maximum, and the spaces after it.</summary>
    internal static bool TryReadNumber(ReadOnlySpan<byte> text, int greatest, out int number, out ReadOnlySpan<byte> rest)
    {
        number = 0;
        int length = 0;
        while (length < text.Length && text[length] is >= (byte)'0' and <= (byte)'9')
        {
            number = (number * 10) + text[length++] - '0';
            if (number > greatest)
                break;
        }

        rest = text[length..].TrimStart((byte)' ');
        return length > 0 && number <= greatest;
    }

    /// <summary>The number of an address.</summary>
    internal static AddressNumber ToNumber(IPAddress address, out bool isIPv6)
    {
        Span<byte> bytes = stackalloc byte[AddressNumber.Bytes];
        address.TryWriteBytes(bytes, out int length);
        isIPv6 = address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6;
        return isIPv6 ? AddressNumber.Read(bytes) : new AddressNumber(0, BinaryPrimitives.ReadUInt32BigEndian(bytes[(length - 4)..]));
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> text, out AddressNumber address, out bool isIPv6, out ReadOnlySpan<byte> rest)
    {
        address = default;
        isIPv6 = false;
        int length = 0;
        while (length < text.Length && IsOfAddress(text[length]))
            length++;
        ReadOnlySpan<byte> token = text[..length];
        rest = text[length..].TrimStart((byte)' ');
        if (token.IndexOf((byte)':') < 0)
            return TryReadIPv4(token, ref address);
        if (length > 45 || !IPAddress.TryParse(token, out IPAddress? parsed))
            return false;
        address = ToNumber(parsed, out isIPv6);
        return true;
    }

    // .NET would read 010 as eight, and 1 as 0.0.0.1; filters pad with zeros.
    private static bool TryReadIPv4(ReadOnlySpan<byte> token, ref AddressNumber address)
    {
        uint number = 0;
        for (int part = 0; part < 4; part++)
        {
            int length = 0;
            uint octet = 0;
            while (length < token.Length && token[length] is >= (byte)'0' and <= (byte)'9')
                octet = (octet * 10) + token[length++] - '0';
            if (length is 0 or > 3 || octet > byte.MaxValue)
                return false;
            number = (number << 8) | octet;
            token = token[length..];
            if (part == 3)
                break;
            if (token is not [(byte)'.', ..])
                return false;
            token = token[1..];
        }

        address = new AddressNumber(0, number);
        return token.IsEmpty;
    }

    private static bool IsOfAddress(byte c) => c is (>= (byte)'0' and <= (byte)'9') or (byte)'.' or (byte)':'
        or (>= (byte)'a' and <= (byte)'f') or (>= (byte)'A' and <= (byte)'F');
}
