namespace TorrentPatron.Protocol.Metainfo;

/// <summary>The hash of one piece, made as its bytes come. Not thread-safe; <see cref="Dispose()"/> lets others use its memory.</summary>
public abstract class PieceHash : IDisposable
{
    /// <summary>Length of the hash of a v1 torrent's piece, bytes.</summary>
    public const int V1Length = 20;

    /// <summary>Length of the hash, bytes.</summary>
    public abstract int Length { get; }

    /// <summary>Begins the hash of a piece for a v1 torrent that is being made: SHA-1.</summary>
    public static PieceHash BeginV1() => new Sha1PieceHash();

    /// <summary>Begins the hash of a piece for a v2 torrent that is being made: the node of its file's SHA-256 tree (BEP 52).</summary>
    /// <param name="bytes">Bytes of the piece: those of a whole one, or what is left of its file.</param>
    /// <param name="fileLength">Length of the file, bytes.</param>
    /// <param name="pieceLength">Bytes of a whole piece.</param>
    public static PieceHash BeginV2(int bytes, long fileLength, int pieceLength) =>
        new Sha256PieceHash(bytes, MerkleTree.HeightOf(MerkleTree.CountBlocks(Math.Min(fileLength, pieceLength))));

    /// <summary>Begins both hashes of a piece for a hybrid that is being made: the SHA-1 and behind it the node of the file's tree.</summary>
    /// <param name="bytes">Bytes of the piece that are of its file.</param>
    /// <param name="fileLength">Length of the file, bytes.</param>
    /// <param name="pieceLength">Bytes of a whole piece.</param>
    /// <param name="padding">Zeros behind them, which are in the SHA-1 alone.</param>
    public static PieceHash BeginHybrid(int bytes, long fileLength, int pieceLength, int padding) =>
        new HybridPieceHash(BeginV1(), BeginV2(bytes, fileLength, pieceLength), padding);

    /// <summary>Makes the hashes of several pieces side by side, where that is faster: they have a SHA-1, which one piece alone cannot make faster.</summary>
    /// <param name="hashes">The hashes of <see cref="PieceHashGroup.Count"/> pieces of one length, a multiple of a block's, which have just been begun.</param>
    /// <returns>
    /// One hash in place of them, which takes a block of each piece at a time and gives all hashes one behind the other, and disposes of those that
    /// were given; null where they are better made one by one.
    /// </returns>
    internal static PieceHash? SideBySide(IReadOnlyList<PieceHash> hashes) => PieceHashGroup.TryBegin(hashes);

    /// <summary>Whether the hash has a SHA-1 of all that is appended and nothing else, and the tree of its SHA-256, if it has one; null where it is otherwise.</summary>
    internal virtual (bool HasSha1, Sha256PieceHash? Tree)? Parts => null;

    /// <summary>Appends the piece's next bytes.</summary>
    /// <param name="blocks">Whole blocks of 16 KiB, in their order; the piece's last one may be shorter.</param>
    public abstract void Append(ReadOnlySpan<byte> blocks);

    /// <summary>Ends the hash.</summary>
    /// <param name="hash">Takes it: <see cref="Length"/> bytes.</param>
    public abstract void End(Span<byte> hash);

    /// <summary>Gives back what it has borrowed. Nothing may be called after it.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what it has borrowed.</summary>
    /// <param name="disposing">Whether <see cref="Dispose()"/> is what calls it.</param>
    protected abstract void Dispose(bool disposing);
}
