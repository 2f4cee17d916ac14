using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// The pieces that a source of blocks has. Written by <see cref="PieceSelection"/> alone, under its lock; others read single values without
/// it.
/// </summary>
internal sealed class BlockAvailability
{
    /// <summary>The pieces it has; null while it has told none, or where it has all.</summary>
    public Bitfield? Pieces { get; set; }

    /// <summary>Whether it has every piece.</summary>
    public bool IsSeed { get; set; }

    /// <summary>Number of pieces that it has and we want.</summary>
    public int Interesting { get; set; }
}
