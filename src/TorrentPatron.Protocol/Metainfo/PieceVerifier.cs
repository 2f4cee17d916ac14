using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// Says whether the bytes of a torrent's pieces are those that its metainfo names. A torrent has one; nothing else knows which hash it is.
/// </summary>
/// <remarks>Thread-safe. The hash of one piece (<see cref="PieceHash"/>) belongs to one thread at a time.</remarks>
public abstract class PieceVerifier
{
    /// <summary>Makes the verifier of a torrent.</summary>
    /// <param name="metainfo">The torrent. One that is v2 alone must have its piece layers.</param>
    public static PieceVerifier For(TorrentMetainfo metainfo)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        return metainfo.Version switch
        {
            MetainfoVersion.V1 => new V1PieceVerifier(metainfo.PieceHashes, metainfo),
            MetainfoVersion.V2 => new V2PieceVerifier(metainfo),
            _ => new HybridPieceVerifier(new V1PieceVerifier(metainfo.PieceHashes, metainfo), new V2PieceVerifier(metainfo)),
        };
    }

    /// <summary>Makes the verifier of v1 pieces.</summary>
    /// <param name="hashes">Their SHA-1 hashes, 20 bytes each.</param>
    public static PieceVerifier ForV1(ReadOnlyMemory<byte> hashes) => new V1PieceVerifier(hashes);

    /// <summary>
    /// The verifier of what lies in files already, where padding is not stored and cannot be wrong: one hash is enough there, also of a hybrid.
    /// </summary>
    public virtual PieceVerifier ForFiles() => this;

    /// <summary>
    /// Whether a piece has been seen that no peer can be blamed for: it has one of the two hashes which a hybrid names and not the other, or has
    /// the right SHA-1 and padding that is not zeros.
    /// </summary>
    public virtual bool IsContradictory => false;

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

    /// <summary>The request by which peers are asked for the hashes of a piece's blocks (BEP 52).</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="node">Takes the hash to which they lead: 32 bytes.</param>
    /// <returns>Null where the torrent has no such hashes, the piece is one block, or of more than are asked for at once.</returns>
    internal virtual HashRequest? LeavesOf(int piece, Span<byte> node) => null;

    /// <summary>Whether a block is good, by its own hash.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="block">Index of the block in it.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="leaves">The hashes of the piece's blocks, as <see cref="LeavesOf"/> asks for them.</param>
    internal virtual bool IsBlock(int piece, int block, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> leaves) =>
        throw new NotSupportedException("The torrent has no block hashes.");

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
