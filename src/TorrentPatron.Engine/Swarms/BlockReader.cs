using System.Runtime.CompilerServices;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>Reads the blocks that peers request, on a disk thread, directly into the send buffer.</summary>
internal sealed class BlockReader(TorrentStorage storage, TorrentDiskQueue queue, int pieceLength, Action<StorageException> failed) : IBlockReader
{
    /// <summary>Consecutive blocks, which one system call reads.</summary>
    [ThreadStatic]
    private static List<Memory<byte>>? s_run;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadAsync(ReadOnlyMemory<BlockRequest> blocks, Memory<byte> messages)
    {
        while (true)
        {
            await queue.Enter();
            try
            {
                Read(blocks.Span, messages);
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

    private void Read(ReadOnlySpan<BlockRequest> blocks, Memory<byte> messages)
    {
        List<Memory<byte>> run = s_run ??= [];
        long begin = 0, end = 0;
        int at = 0;
        try
        {
            foreach (BlockRequest block in blocks)
            {
                at += MessageWriter.WritePieceHeader(messages.Span[at..], block);
                long offset = (long)block.Piece * pieceLength + block.Begin;
                Memory<byte> bytes = messages.Slice(at, block.Length);
                // After the last file of a v2 torrent there are zeros, as after the others: some peers request a whole block
                // there.
                int here = (int)Math.Clamp(storage.Layout.TotalSize - offset, 0, block.Length);
                bytes.Span[here..].Clear();
                at += block.Length;
                if (offset != end)
                {
                    storage.Read(begin, run);
                    run.Clear();
                    begin = offset;
                }

                if (here > 0)
                    run.Add(bytes[..here]);
                end = offset + here;
            }

            storage.Read(begin, run);
        }
        finally
        {
            run.Clear();
        }
    }
}
