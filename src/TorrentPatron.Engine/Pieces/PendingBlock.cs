using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>A requested block.</summary>
internal readonly record struct PendingBlock(ActivePiece Piece, int Block)
{
    /// <summary>The requested range.</summary>
    public BlockRequest Range => Piece.RangeOf(Block);
}
