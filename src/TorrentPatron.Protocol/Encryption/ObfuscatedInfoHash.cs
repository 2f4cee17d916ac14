using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Encryption;

/// <summary>
/// What names a torrent in an encrypted handshake, so that only those who know the torrent can tell which it is: SHA-1 of "req2" and the
/// info hash.
/// </summary>
public readonly record struct ObfuscatedInfoHash
{
    // The same 20 bytes of SHA-1, of something else.
    private readonly InfoHash _hash;

    /// <summary>Takes the hash from its bytes.</summary>
    /// <param name="bytes">Exactly 20 bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 20 bytes long.</exception>
    public ObfuscatedInfoHash(ReadOnlySpan<byte> bytes) => _hash = new InfoHash(bytes);

    /// <summary>The name of a torrent.</summary>
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
