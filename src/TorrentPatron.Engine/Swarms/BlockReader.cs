using System.Runtime.CompilerServices;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>Reads the blocks that peers ask for, on a disk thread, straight to where they are sent from.</summary>
internal sealed class BlockReader(TorrentStorage storage, DiskWorkers workers, int pieceLength, Action<StorageException> failed) : IBlockReader
{
    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadAsync(ReadOnlyMemory<BlockRequest> blocks, Memory<byte> messages)
    {
        while (true)
        {
            await workers.Enter();
            try
            {
                Read(blocks.Span, messages.Span);
                return;
            }
            catch (StorageException e) when (e.IsHeld)
            {
                // The peer waits for its blocks until the file is free.
            }
            catch (StorageException e)
            {
                failed(e);
                throw;
            }

            await storage.WaitForHeldAsync().ConfigureAwait(false);
        }
    }

    private void Read(ReadOnlySpan<BlockRequest> blocks, Span<byte> messages)
    {
        int at = 0;
        foreach (BlockRequest block in blocks)
        {
            at += MessageWriter.WritePieceHeader(messages[at..], block);
            storage.Read((long)block.Piece * pieceLength + block.Begin, messages.Slice(at, block.Length));
            at += block.Length;
        }
    }
}
