using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Trackers;

/// <summary>
/// Peer addresses in the packed form of trackers and peers: 6 bytes for IPv4 (BEP 23), 18 bytes for IPv6 (BEP 7).
/// </summary>
public static class CompactPeers
{
    /// <summary>Length in bytes of an IPv4 address and its port.</summary>
    public const int IPv4Length = 6;

    /// <summary>Length in bytes of an IPv6 address and its port.</summary>
    public const int IPv6Length = 18;

    /// <summary>Reads packed addresses; those with port 0 are skipped.</summary>
    /// <param name="bytes">The packed addresses.</param>
    /// <param name="family">Their address family: IPv4 or IPv6.</param>
    /// <param name="peers">Receives the addresses.</param>
    /// <param name="limit">Reading ends when <paramref name="peers"/> holds this many.</param>
    /// <returns>The number of bytes at the end that form no whole address and were ignored: 0 for valid input.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, AddressFamily family, ICollection<IPEndPoint> peers, int limit)
    {
        ArgumentNullException.ThrowIfNull(peers);
        int length = LengthOf(family);
        int tail = bytes.Length % length;
        for (bytes = bytes[..^tail]; !bytes.IsEmpty && peers.Count < limit; bytes = bytes[length..])
        {
            ushort port = BinaryPrimitives.ReadUInt16BigEndian(bytes[(length - 2)..]);
            if (port != 0)
                peers.Add(new IPEndPoint(new IPAddress(bytes[..(length - 2)]), port));
        }

        return tail;
    }

    /// <summary>Packs the addresses of one family; others are left out.</summary>
    /// <param name="peers">The addresses; IPv4 addresses mapped into IPv6 count as IPv4.</param>
    /// <param name="family">The address family to pack: IPv4 or IPv6.</param>
    public static byte[] Write(IEnumerable<IPEndPoint> peers, AddressFamily family)
    {
        ArgumentNullException.ThrowIfNull(peers);
        int length = LengthOf(family);
        using var packed = new MemoryStream();
        Span<byte> one = stackalloc byte[length];
        foreach (IPEndPoint peer in peers)
        {
            if (FamilyOf(peer) != family)
                continue;
            Write(peer, one);
            packed.Write(one);
        }

        return packed.ToArray();
    }

    /// <summary>Packs one address.</summary>
    /// <param name="peer">The address; an IPv4 address mapped into IPv6 counts as IPv4.</param>
    /// <param name="destination">
    /// The destination; at least <see cref="IPv4Length"/> or <see cref="IPv6Length"/> bytes, depending on the address.
    /// </param>
    /// <returns>The number of bytes written.</returns>
    public static int Write(IPEndPoint peer, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(peer);
        IPAddress address = peer.Address.IsIPv4MappedToIPv6 ? peer.Address.MapToIPv4() : peer.Address;
        address.TryWriteBytes(destination, out int length);
        BinaryPrimitives.WriteUInt16BigEndian(destination[length..], (ushort)peer.Port);
        return length + 2;
    }

    /// <summary>An address of 4 or 16 bytes; null if it is invalid.</summary>
    internal static IPAddress? ReadAddress(BencodeElement element) =>
        element.TryGetBytes(out ReadOnlyMemory<byte> bytes) && bytes.Length is 4 or 16 ? new IPAddress(bytes.Span) : null;

    internal static AddressFamily FamilyOf(IPEndPoint peer) =>
        peer.Address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : peer.AddressFamily;

    internal static int LengthOf(AddressFamily family) => family switch
    {
        AddressFamily.InterNetwork => IPv4Length,
        AddressFamily.InterNetworkV6 => IPv6Length,
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, "Peers must have IPv4 or IPv6 addresses."),
    };
}
