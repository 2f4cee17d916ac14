namespace TorrentPatron.Engine.Pieces;

/// <summary>Gives blocks, and is to blame for wrong ones: a peer or a web seed.</summary>
internal interface IBlockSource
{
    /// <summary>Where it is, for messages: an address, fit to be shown.</summary>
    string Name { get; }

    /// <summary>The pieces that it has.</summary>
    BlockAvailability Availability { get; }

    /// <summary>Whether it gives nothing any more.</summary>
    bool IsClosed { get; }

    /// <summary>Whether it refuses requests but for <see cref="AllowedFast"/>.</summary>
    bool IsChoking { get; }

    /// <summary>Whether it has not given for a while what it was asked for.</summary>
    bool IsSnubbed { get; }

    /// <summary>Blocks that it has been asked for and has not given.</summary>
    int Requested { get; }

    /// <summary>Pieces that it gives though it chokes us.</summary>
    IReadOnlyCollection<int> AllowedFast { get; }

    /// <summary>Pieces that it would rather give than others, most likely because it has them in memory (BEP 6); the newest first, few.</summary>
    ReadOnlySpan<int> Suggested => [];

    /// <summary>Whether it may be asked for blocks of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    bool MayRequest(int piece);
}
