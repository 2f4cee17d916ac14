using System.Net;

namespace TorrentPatron.Protocol.Proxies;

/// <summary>
/// The header before each datagram relayed by a SOCKS5 proxy (RFC 1928, 7): its destination or source. Fragments are not
/// supported.
/// </summary>
public static class Socks5Datagram
{
    /// <summary>The longest header, bytes.</summary>
    public const int MostHeaderBytes = HeadLength + Socks5Address.MostBytes;

    private const int HeadLength = 3; // Two of zero, and the fragment's number.

    /// <summary>Writes the header for a host.</summary>
    /// <param name="destination">Room for <see cref="MostHeaderBytes"/>.</param>
    /// <param name="host">The host; the proxy resolves names.</param>
    /// <returns>The header's length.</returns>
    /// <exception cref="ArgumentException">The name is too long, or not ASCII.</exception>
    public static int WriteHeader(Span<byte> destination, HostEndPoint host)
    {
        ArgumentNullException.ThrowIfNull(host);
        destination[..HeadLength].Clear();
        return HeadLength + Socks5Address.Write(destination[HeadLength..], host);
    }

    /// <summary>Writes the header for an address.</summary>
    /// <param name="destination">Room for <see cref="MostHeaderBytes"/>.</param>
    /// <param name="endPoint">The address.</param>
    /// <returns>The header's length.</returns>
    public static int WriteHeader(Span<byte> destination, IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        destination[..HeadLength].Clear();
        return HeadLength + Socks5Address.Write(destination[HeadLength..], endPoint);
    }

    /// <summary>Reads the header of a datagram.</summary>
    /// <param name="datagram">The datagram from the proxy.</param>
    /// <param name="address">The address in its wire form: kind, address and port.</param>
    /// <param name="data">The datagram without the header.</param>
    /// <returns>Whether it has a header with an address, and is not a fragment.</returns>
    public static bool TryRead(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> address, out ReadOnlySpan<byte> data)
    {
        address = data = default;
        if (datagram is not [_, _, 0, ..])
            return false;
        int length = Socks5Address.LengthOf(datagram[HeadLength..]);
        if (length <= 0 || datagram.Length < HeadLength + length || datagram[HeadLength] == Socks5Address.Name)
            return false;
        address = datagram.Slice(HeadLength, length);
        data = datagram[(HeadLength + length)..];
        return true;
    }

    /// <summary>The address found by <see cref="TryRead"/>.</summary>
    /// <param name="address">The address in its wire form.</param>
    public static IPEndPoint ReadAddress(ReadOnlySpan<byte> address) => Socks5Address.Read(address)
        ?? throw new ArgumentException("The address must be an IP address, not a name.", nameof(address));
}
