namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The incremental hash of one piece. Not thread-safe; <see cref="Dispose()"/> returns its memory to a pool.</summary>
public abstract class PieceHash : IDisposable
{
    /// <summary>Length of the hash of a v1 torrent's piece, bytes.</summary>
    public const int V1Length = 20;

    /// <summary>Length of the hash, bytes.</summary>
    public abstract int Length { get; }

    /// <summary>Starts the hash of a piece for a new v1 torrent: SHA-1.</summary>
    public static PieceHash BeginV1() => new Sha1PieceHash();

    /// <summary>Starts the hash of a piece for a new v2 torrent: the node of its file's SHA-256 tree (BEP 52).</summary>
    /// <param name="bytes">Bytes of the piece: of a whole one, or the rest of its file.</param>
    /// <param name="fileLength">Length of the file, bytes.</param>
    /// <param name="pieceLength">Bytes of a whole piece.</param>
    public static PieceHash BeginV2(int bytes, long fileLength, int pieceLength) =>
        new Sha256PieceHash(bytes, MerkleTree.HeightOf(MerkleTree.CountBlocks(Math.Min(fileLength, pieceLength))));

    /// <summary>Starts both hashes of a piece for a new hybrid: the SHA-1, followed by the node of the file's tree.</summary>
    /// <param name="bytes">Bytes of the piece that belong to its file.</param>
    /// <param name="fileLength">Length of the file, bytes.</param>
    /// <param name="pieceLength">Bytes of a whole piece.</param>
    /// <param name="padding">Zeros after them, which only the SHA-1 covers.</param>
    public static PieceHash BeginHybrid(int bytes, long fileLength, int pieceLength, int padding) =>
        new HybridPieceHash(BeginV1(), BeginV2(bytes, fileLength, pieceLength), padding);

    /// <summary>
    /// Combines the hashes of several pieces for computation side by side, if that is faster: with SHA-1, which cannot be faster
    /// for one piece alone.
    /// </summary>
    /// <param name="hashes">
    /// The newly started hashes of <see cref="PieceHashGroup.Count"/> pieces of one length, a multiple of a block's.
    /// </param>
    /// <returns>
    /// One hash in their place, which takes a block of each piece at a time, <see cref="PieceHashGroup.Stride"/> bytes apart, returns
    /// all hashes one after another, and disposes the originals; null if they are better computed one by one.
    /// </returns>
    internal static PieceHash? SideBySide(IReadOnlyList<PieceHash> hashes) => PieceHashGroup.TryBegin(hashes);

    /// <summary>
    /// Whether the hash has a plain SHA-1 of everything appended, and its SHA-256 tree, if any; null for other kinds.
    /// </summary>
    internal virtual (bool HasSha1, Sha256PieceHash? Tree)? Parts => null;

    /// <summary>Appends the piece's next bytes.</summary>
    /// <param name="blocks">Whole blocks of 16 KiB, in order; the piece's last one may be shorter.</param>
    public abstract void Append(ReadOnlySpan<byte> blocks);

    /// <summary>Completes the hash.</summary>
    /// <param name="hash">Receives it: <see cref="Length"/> bytes.</param>
    public abstract void End(Span<byte> hash);

    /// <summary>Returns pooled memory. Nothing may be called afterwards.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns pooled memory.</summary>
    /// <param name="disposing">Whether called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
