using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>A block that a peer has been asked for.</summary>
internal readonly record struct PendingBlock(ActivePiece Piece, int Block)
{
    /// <summary>What is asked.</summary>
    public BlockRequest Range => Piece.RangeOf(Block);
}
