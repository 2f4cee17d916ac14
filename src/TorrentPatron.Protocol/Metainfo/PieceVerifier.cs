using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Verifies the bytes of a torrent's pieces. Each torrent has one; nothing else knows which hash it uses.</summary>
/// <remarks>Thread-safe. The hash of one piece (<see cref="PieceHash"/>) belongs to one thread at a time.</remarks>
public abstract class PieceVerifier
{
    /// <summary>Makes the verifier of a torrent.</summary>
    /// <param name="metainfo">The torrent. A v2 torrent must have its piece layers.</param>
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
    /// The verifier for data in files, where padding is not stored and cannot be wrong: one hash is enough there, even for a
    /// hybrid.
    /// </summary>
    public virtual PieceVerifier ForFiles() => this;

    /// <summary>
    /// Whether a piece has been seen that no peer can be blamed for: it matches one of a hybrid's two hashes and not the other,
    /// or has the right SHA-1 but padding that is not all zeros.
    /// </summary>
    public virtual bool IsContradictory => false;

    /// <summary>Starts the hash of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    public abstract PieceHash Begin(int piece);

    /// <summary>Whether a piece has the right hash.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="hash">The hash from <see cref="PieceHash.End"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public abstract bool IsHashOf(int piece, ReadOnlySpan<byte> hash);

    /// <summary>
    /// A fingerprint of a block, even if the torrent has hashes only for whole pieces. Collisions are as hard to find as in the
    /// torrent's own hash, cut to 128 bits.
    /// </summary>
    /// <param name="block">The bytes of one block.</param>
    public abstract UInt128 FingerprintOf(ReadOnlySpan<byte> block);

    /// <summary>The request for the hashes of a piece's blocks (BEP 52).</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="node">Receives the hash that they must match: 32 bytes.</param>
    /// <returns>
    /// Null if the torrent has no such hashes, or the piece has one block, or more than can be requested at once.
    /// </returns>
    internal virtual HashRequest? LeavesOf(int piece, Span<byte> node) => null;

    /// <summary>Whether a block matches its own hash.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="block">Index of the block in it.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="leaves">The hashes of the piece's blocks; see <see cref="LeavesOf"/>.</param>
    internal virtual bool IsBlock(int piece, int block, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> leaves) =>
        throw new NotSupportedException("The torrent has no block hashes.");

    /// <summary>Completes and checks the hash of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="hash">Its hash from <see cref="Begin"/>, with all of its bytes appended.</param>
    /// <returns>Whether it is the right hash.</returns>
    public bool Verify(int piece, PieceHash hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        Span<byte> digest = stackalloc byte[hash.Length];
        hash.End(digest);
        return IsHashOf(piece, digest);
    }
}
