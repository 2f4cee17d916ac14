using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>Where the blocks that peers ask for come from.</summary>
internal interface IBlockReader
{
    /// <summary>Reads blocks, each behind the header of its piece message, ready to be sent. Who awaits it goes on on a disk thread.</summary>
    /// <param name="blocks">The blocks, each within a piece that we have.</param>
    /// <param name="messages">Long enough for all of them and their headers.</param>
    /// <exception cref="Storage.StorageException">The disk refuses.</exception>
    ValueTask ReadAsync(ReadOnlyMemory<BlockRequest> blocks, Memory<byte> messages);
}
