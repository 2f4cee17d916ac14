using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Encryption;

/// <summary>
/// Identifies a torrent in an encrypted handshake, recognisable only to those who know the torrent: SHA-1 of "req2" and the info
/// hash.
/// </summary>
public readonly record struct ObfuscatedInfoHash
{
    // Also 20 bytes of SHA-1, but of other data.
    private readonly InfoHash _hash;

    /// <summary>Takes the hash from its bytes.</summary>
    /// <param name="bytes">Exactly 20 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 20 bytes long.</exception>
    public ObfuscatedInfoHash(ReadOnlySpan<byte> bytes) => _hash = new InfoHash(bytes);

    /// <summary>The obfuscated hash of a torrent.</summary>
    /// <param name="torrent">Its info hash.</param>
    public static ObfuscatedInfoHash Of(InfoHash torrent)
    {
        Span<byte> bytes = stackalloc byte[4 + InfoHash.Length];
        "req2"u8.CopyTo(bytes);
        torrent.CopyTo(bytes[4..]);
        Span<byte> digest = stackalloc byte[InfoHash.Length];
        SHA1.HashData(bytes, digest);
        return new ObfuscatedInfoHash(digest);
    }

    /// <summary>Writes the 20 bytes.</summary>
    /// <param name="destination">At least 20 bytes long.</param>
    public void CopyTo(Span<byte> destination) => _hash.CopyTo(destination);
}
