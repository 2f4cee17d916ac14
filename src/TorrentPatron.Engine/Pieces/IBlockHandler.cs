namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// The swarm as seen by the download from a source, a peer or a web seed. Called from any thread, without a lock held.
/// </summary>
internal interface IBlockHandler
{
    /// <summary>The source will not deliver blocks; they are free for others.</summary>
    void Released(IBlockSource source, ReadOnlySpan<PendingBlock> blocks);

    /// <summary>A block has arrived from this source that another one also owes.</summary>
    void BlockArrivedFrom(IBlockSource source, PendingBlock block);

    /// <summary>Blocks have been added to pieces, which makes more bytes hashable.</summary>
    void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash);

    /// <summary>Payload has been received, part of it wasted.</summary>
    void PayloadReceived(int bytes, int wasted);
}
