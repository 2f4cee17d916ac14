using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// The pieces that a source has. Written only by <see cref="PieceSelection"/>, under its lock; others read single values without
/// it.
/// </summary>
internal sealed class BlockAvailability
{
    /// <summary>The pieces it has; null while it has announced none, or if it has all and has never withdrawn one.</summary>
    public Bitfield? Pieces { get; set; }

    /// <summary>Whether it has every piece.</summary>
    public bool IsSeed { get; set; }

    /// <summary>Whether it has ever withdrawn a piece while it had all: from then on it is counted piece by piece.</summary>
    public bool HasTakenBack { get; set; }

    /// <summary>Whether it is counted as a seed, not piece by piece.</summary>
    public bool IsCountedWhole => IsSeed && Pieces is null;

    /// <summary>The number of its pieces that we want.</summary>
    public int Interesting { get; set; }

    /// <summary>Whether it has a piece.</summary>
    public bool Has(int piece) => IsSeed || Pieces?[piece] == true;
}
