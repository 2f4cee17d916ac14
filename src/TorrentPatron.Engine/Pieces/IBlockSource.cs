namespace TorrentPatron.Engine.Pieces;

/// <summary>A source of blocks, which is to blame for wrong ones: a peer or a web seed.</summary>
internal interface IBlockSource
{
    /// <summary>Its address, for messages; safe to show.</summary>
    string Name { get; }

    /// <summary>The pieces that it has.</summary>
    BlockAvailability Availability { get; }

    /// <summary>Whether it is closed and gives no more blocks.</summary>
    bool IsClosed { get; }

    /// <summary>Whether it refuses requests, except for <see cref="AllowedFast"/>.</summary>
    bool IsChoking { get; }

    /// <summary>Whether it has not delivered requested blocks for a while.</summary>
    bool IsSnubbed { get; }

    /// <summary>The number of blocks that it owes.</summary>
    int Requested { get; }

    /// <summary>Pieces that it gives even while choking us.</summary>
    IReadOnlyCollection<int> AllowedFast { get; }

    /// <summary>The few pieces that it suggests, probably because they are in its memory (BEP 6); newest first.</summary>
    ReadOnlySpan<int> Suggested => [];

    /// <summary>Whether it may be asked for blocks of a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    bool MayRequest(int piece);

    /// <summary>
    /// Ends its probation: a block from it has matched its own hash, or cannot be verified soon. Called from any thread without a lock held.
    /// </summary>
    void EndProbation()
    {
    }
}
