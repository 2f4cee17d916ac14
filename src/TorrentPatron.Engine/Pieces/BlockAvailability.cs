using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// The pieces that a source of blocks has. Written by <see cref="PieceSelection"/> alone, under its lock; others read single values without
/// it.
/// </summary>
internal sealed class BlockAvailability
{
    /// <summary>The pieces it has; null while it has told none, or where it has all and has never taken one back.</summary>
    public Bitfield? Pieces { get; set; }

    /// <summary>Whether it has every piece.</summary>
    public bool IsSeed { get; set; }

    /// <summary>Whether it has ever taken a piece back while it had all: then it is counted piece by piece for good.</summary>
    public bool HasTakenBack { get; set; }

    /// <summary>Whether it is counted as one that has everything, not piece by piece.</summary>
    public bool IsCountedWhole => IsSeed && Pieces is null;

    /// <summary>Number of pieces that it has and we want.</summary>
    public int Interesting { get; set; }

    /// <summary>Whether it has a piece.</summary>
    public bool Has(int piece) => IsSeed || Pieces?[piece] == true;
}
