using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// A piece with some blocks on disk, received but not verified: they count only once the whole piece passes its hash check.
/// </summary>
/// <param name="Piece">Index of the piece.</param>
/// <param name="Blocks">One bit for each block of the piece, set where the block is on disk.</param>
public sealed record UnfinishedPiece(int Piece, Bitfield Blocks)
{
    /// <summary>Number of blocks in a piece.</summary>
    /// <param name="length">Length of the piece in bytes.</param>
    internal static int CountBlocks(int length) => (length + BlockRequest.BlockLength - 1) / BlockRequest.BlockLength;
}
