namespace TorrentPatron.Engine.Pieces;

/// <summary>What those that fetch blocks from a source, a peer or a web seed, need of the swarm. Called from any thread, without a lock held.</summary>
internal interface IBlockHandler
{
    /// <summary>Blocks will not come from the source; they are free for others.</summary>
    void Released(IBlockSource source, ReadOnlySpan<PendingBlock> blocks);

    /// <summary>Another source had been asked for a block that has arrived from this one.</summary>
    void BlockArrivedFrom(IBlockSource source, PendingBlock block);

    /// <summary>Blocks have been added to pieces; so many bytes more can be hashed.</summary>
    void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash);

    /// <summary>Payload has come in, so many bytes of it for nothing.</summary>
    void PayloadReceived(int bytes, int wasted);
}
