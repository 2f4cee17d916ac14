using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The source of blocks that peers request.</summary>
internal interface IBlockReader
{
    /// <summary>
    /// Reads blocks, each preceded by its piece message header, ready to be sent. Continuations run on a disk thread.
    /// </summary>
    /// <param name="blocks">The blocks, each within a piece that we have.</param>
    /// <param name="messages">The buffer, long enough for all of them and their headers.</param>
    /// <exception cref="Storage.StorageException">The blocks cannot be read.</exception>
    ValueTask ReadAsync(ReadOnlyMemory<BlockRequest> blocks, Memory<byte> messages);
}
