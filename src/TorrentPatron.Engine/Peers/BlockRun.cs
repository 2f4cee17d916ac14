using System.Buffers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The blocks that are read and sent to a peer in one go: more for a fast peer, few for a slow one, because blocks being sent
/// cannot be taken back and occupy their buffer meanwhile. Used by one sender at a time.
/// </summary>
internal sealed class BlockRun
{
    /// <summary>The most blocks in a run: with their headers they fit in 512 KiB.</summary>
    private const int MostBlocks = 31;

    /// <summary>Blocks in a new peer's first run.</summary>
    private const int FirstBlocks = 2;

    /// <summary>A peer that takes a run sooner than this gets longer ones.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(50);

    /// <summary>A peer that takes longer for a run than this gets shorter ones.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);

    private readonly BlockRequest[] _blocks = new BlockRequest[MostBlocks];
    private byte[] _buffer = [];
    private int _length = FirstBlocks;
    private int _count;

    /// <summary>The blocks, oldest request first.</summary>
    public ReadOnlyMemory<BlockRequest> Blocks => _blocks.AsMemory(0, _count);

    /// <summary>Bytes of payload in them.</summary>
    public int Payload { get; private set; }

    /// <summary>The buffer for them, each preceded by its message header.</summary>
    public Memory<byte> Messages => _buffer.AsMemory(0, Payload + _count * PeerMessage.PieceHeaderLength);

    /// <summary>Takes the next blocks from a queue.</summary>
    /// <param name="queue">The peer's requests.</param>
    /// <param name="most">The most blocks to take.</param>
    /// <returns>False if there are none.</returns>
    public bool TryTake(UploadQueue queue, int most)
    {
        _count = queue.Take(_blocks.AsSpan(0, Math.Min(_length, most)));
        Payload = 0;
        foreach (BlockRequest block in Blocks.Span)
            Payload += block.Length;

        int needed = Payload + _count * PeerMessage.PieceHeaderLength;
        if (needed > _buffer.Length)
        {
            Release();
            _buffer = ArrayPool<byte>.Shared.Rent(needed);
        }

        return _count > 0;
    }

    /// <summary>Adapts the length of runs to the peer's speed.</summary>
    /// <param name="took">How long it took to send them.</param>
    public void Sent(TimeSpan took)
    {
        if (took < Quick)
            _length = Math.Min(_length * 2, MostBlocks);
        else if (took > Slow)
            _length = Math.Max(_length / 2, 1);
    }

    /// <summary>Releases the buffer; the next run takes another one.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
