namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Says whether the bytes of a torrent's pieces are those that its metainfo names. A torrent has one; nothing else knows which hash it is.
/// </summary>
/// <remarks>Thread-safe. The hash of one piece (<see cref="PieceHash"/>) belongs to one thread at a time.</remarks>
public abstract class PieceVerifier
{
    /// <summary>Makes the verifier of a torrent.</summary>
    /// <param name="metainfo">The torrent, v1 or hybrid.</param>
    /// <exception cref="NotSupportedException">The torrent is v2 alone.</exception>
    public static PieceVerifier For(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return metainfo.Version == MetainfoVersion.V2
            ? throw new NotSupportedException("Pieces of a v2 torrent cannot be verified yet.")
            : ForV1(metainfo.PieceHashes);
    }

    /// <summary>Makes the verifier of v1 pieces.</summary>
    /// <param name="hashes">Their SHA-1 hashes, 20 bytes each.</param>
    public static PieceVerifier ForV1(ReadOnlyMemory<byte> hashes) => new V1PieceVerifier(hashes);

    /// <summary>Begins the hash of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    public abstract PieceHash Begin(int piece);

    /// <summary>Whether a piece should have a hash.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="hash">The hash, as <see cref="PieceHash.End"/> gives it.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public abstract bool IsHashOf(int piece, ReadOnlySpan<byte> hash);

    /// <summary>
    /// Tells a block's bytes from others, also where the torrent has a hash for whole pieces alone. Collisions are as hard to make as those
    /// of the torrent's own hash, cut to 128 bits.
    /// </summary>
    /// <param name="block">The bytes of one block.</param>
    public abstract UInt128 FingerprintOf(ReadOnlySpan<byte> block);

    /// <summary>Ends the hash of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="hash">Its hash, begun by <see cref="Begin"/>, with all of its bytes in it.</param>
    /// <returns>Whether it is the hash that the piece should have.</returns>
    public bool Verify(int piece, PieceHash hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        Span<byte> digest = stackalloc byte[hash.Length];
        hash.End(digest);
        return IsHashOf(piece, digest);
    }
}
