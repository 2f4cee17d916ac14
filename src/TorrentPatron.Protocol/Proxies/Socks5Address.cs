using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace TorrentPatron.Protocol.Proxies;

/// <summary>
/// A host and port in the form of SOCKS5: one byte for the kind, the address or name, and the port (RFC 1928, 4 and 5).
/// </summary>
internal static class Socks5Address
{
    /// <summary>The longest form, bytes: a name of 255 bytes.</summary>
    public const int MostBytes = 1 + 1 + MostNameBytes + sizeof(ushort);

    /// <summary>The longest name, bytes.</summary>
    public const int MostNameBytes = 255;

    /// <summary>The kind byte of a name.</summary>
    public const byte Name = 3;

    private const byte IPv4 = 1;
    private const byte IPv6 = 4;
    private const int IPv4Length = 4;
    private const int IPv6Length = 16;

    /// <summary>Writes a host and port.</summary>
    /// <returns>Its length.</returns>
    /// <exception cref="ArgumentException">The name is too long, or not ASCII.</exception>
    public static int Write(Span<byte> destination, HostEndPoint host)
    {
        if (host.EndPoint is { } endPoint)
            return Write(destination, endPoint);
        if (!Ascii.IsValid(host.Host) || host.Host.Length is 0 or > MostNameBytes)
            throw new ArgumentException("The host name is too long, or not ASCII.", nameof(host));
        destination[0] = Name;
        destination[1] = (byte)host.Host.Length;
        int length = 2 + Encoding.ASCII.GetBytes(host.Host, destination[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(destination[length..], (ushort)host.Port);
        return length + sizeof(ushort);
    }

    /// <summary>Writes an address.</summary>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> destination, IPEndPoint endPoint)
    {
        IPAddress address = endPoint.Address.IsIPv4MappedToIPv6 ? endPoint.Address.MapToIPv4() : endPoint.Address;
        destination[0] = address.AddressFamily == AddressFamily.InterNetwork ? IPv4 : IPv6;
        address.TryWriteBytes(destination[1..], out int length);
        BinaryPrimitives.WriteUInt16BigEndian(destination[(1 + length)..], (ushort)endPoint.Port);
        return 1 + length + sizeof(ushort);
    }

    /// <summary>The length of a host and port at the beginning of some bytes.</summary>
    /// <returns>The length; 0 if there are too few bytes to tell; -1 for an unknown kind.</returns>
    public static int LengthOf(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [] => 0,
        [IPv4, ..] => 1 + IPv4Length + sizeof(ushort),
        [IPv6, ..] => 1 + IPv6Length + sizeof(ushort),
        [Name] => 0,
        [Name, 0, ..] => -1,
        [Name, byte length, ..] => 2 + length + sizeof(ushort),
        _ => -1,
    };

    /// <summary>Reads a complete address.</summary>
    /// <returns>The address; null for a name.</returns>
    public static IPEndPoint? Read(ReadOnlySpan<byte> bytes) => bytes[0] == Name
        ? null
        : new IPEndPoint(new IPAddress(bytes[1..^sizeof(ushort)]), BinaryPrimitives.ReadUInt16BigEndian(bytes[^sizeof(ushort)..]));
}
