using System.Buffers;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// The blocks that are read and sent to a peer at once: more to who takes them fast, few to who does not, for what is on its way
/// cannot be taken back and holds its buffer as long. Used by one sender at a time.
/// </summary>
internal sealed class BlockRun
{
    /// <summary>Most blocks of a run: they and their headers fit 512 KiB.</summary>
    private const int MostBlocks = 31;

    /// <summary>Blocks of a newcomer's first run.</summary>
    private const int FirstBlocks = 2;

    /// <summary>Who takes a run sooner than this gets longer ones.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(50);

    /// <summary>Who takes longer for a run than this gets shorter ones.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);

    private readonly BlockRequest[] _blocks = new BlockRequest[MostBlocks];
    private byte[] _buffer = [];
    private int _length = FirstBlocks;
    private int _count;

    /// <summary>The blocks, oldest request first.</summary>
    public ReadOnlyMemory<BlockRequest> Blocks => _blocks.AsMemory(0, _count);

    /// <summary>Bytes of payload in them.</summary>
    public int Payload { get; private set; }

    /// <summary>Room for them, each behind the header of its message.</summary>
    public Memory<byte> Messages => _buffer.AsMemory(0, Payload + _count * PeerMessage.PieceHeaderLength);

    /// <summary>Takes the next blocks from a queue.</summary>
    /// <param name="queue">What the peer has asked for.</param>
    /// <param name="most">Take no more than so many.</param>
    /// <returns>False where there are none.</returns>
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

    /// <summary>Follows how fast the peer takes them.</summary>
    /// <param name="took">How long it took to send them.</param>
    public void Sent(TimeSpan took)
    {
        if (took < Quick)
            _length = Math.Min(_length * 2, MostBlocks);
        else if (took > Slow)
            _length = Math.Max(_length / 2, 1);
    }

    /// <summary>Gives the buffer back; the next run takes another one.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
