using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Wire;

/// <summary>The pieces that an address may request while choked (BEP 6).</summary>
public static class AllowedFastSet
{
    /// <summary>Computes the set.</summary>
    /// <param name="address">The peer's address. The set is defined for IPv4 only; for IPv6 it is empty.</param>
    /// <param name="infoHash">The torrent.</param>
    /// <param name="pieceCount">Number of pieces in the torrent.</param>
    /// <param name="size">The most pieces, usually 10.</param>
    public static IReadOnlyList<int> Compute(IPAddress address, InfoHash infoHash, int pieceCount, int size = 10)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetwork || pieceCount <= 0)
            return [];

        size = Math.Min(size, pieceCount);
        var pieces = new List<int>(size);
        Span<byte> seed = stackalloc byte[4 + InfoHash.Length];
        address.TryWriteBytes(seed, out _);
        seed[3] = 0;
        infoHash.CopyTo(seed[4..]);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(seed, digest);
        while (pieces.Count < size)
        {
            for (int i = 0; i < 5 && pieces.Count < size; i++)
            {
                int piece = (int)(BinaryPrimitives.ReadUInt32BigEndian(digest[(i * 4)..]) % (uint)pieceCount);
                if (!pieces.Contains(piece))
                    pieces.Add(piece);
            }

            SHA1.HashData(digest, digest);
        }

        return pieces;
    }
}
