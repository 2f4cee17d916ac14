using System.Buffers;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// What a peer says of pieces before the torrent's are known, kept as it came, within bounds, and said again when they are. A
/// bitfield of that time cannot be checked before, and a peer does not say it twice. Thread-safe; nothing is called under its lock.
/// </summary>
internal sealed class EarlyMessages
{
    /// <summary>Why a peer is dropped that sends a block now: nobody can have asked for one.</summary>
    public const string UnaskedBlock = "It sends blocks that were not requested.";

    /// <summary>Longest message that may come: the bitfield of the largest torrent.</summary>
    public const int MaxMessageLength = 1 + (MetainfoReader.MaxPieces / 8);

    /// <summary>Bytes kept in all: such a bitfield, and some thousand pieces told one by one.</summary>
    private const int Capacity = MaxMessageLength + (64 * 1024);

    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _kept = new(64);
    private int _total;
    private bool _isReplayed;

    /// <summary>Whether a message is of use later.</summary>
    /// <param name="id">What it says.</param>
    /// <param name="withRequests">Whether the peer may have been unchoked meanwhile, so that its requests are of use.</param>
    public static bool IsOfUse(MessageId id, bool withRequests) => id switch
    {
        MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested or MessageId.Have
            or MessageId.Bitfield or MessageId.HaveAll or MessageId.HaveNone or MessageId.AllowedFast or MessageId.SuggestPiece => true,
        MessageId.Request or MessageId.Cancel => withRequests,
        _ => false,
    };

    /// <summary>Keeps a message, where it is of use later, as long as they are not said again.</summary>
    /// <param name="message">The message.</param>
    /// <param name="withRequests">Whether the peer may have been unchoked meanwhile, so that its requests are of use.</param>
    /// <param name="fault">Why the connection must be ended; null: it goes on.</param>
    /// <returns>False where all that was kept has been said: this one is to be handled now, behind it.</returns>
    public bool TryKeep(in PeerMessage message, bool withRequests, out string? fault)
    {
        lock (_gate)
        {
            fault = null;
            if (_isReplayed)
                return false;
            if (message.Id == MessageId.Piece)
                fault = UnaskedBlock;
            else if (IsOfUse(message.Id, withRequests) && !TryAppend(message))
                fault = "It announces too many pieces.";
            return true;
        }
    }

    /// <summary>
    /// Says everything again, in its order, and behind it what comes meanwhile; then nothing is kept any more. Called once. It ends, since
    /// what is kept in all is bounded.
    /// </summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? Replay(PeerTransfer transfer)
    {
        while (TakeKept() is { } kept)
        {
            ReadOnlySpan<byte> rest = kept.WrittenSpan;
            while (PeerMessage.TryRead(rest, MaxMessageLength, out PeerMessage message, out int size) == ReadResult.Complete)
            {
                if (transfer.Handle(message) is { } fault)
                    return fault;
                rest = rest[size..];
            }
        }

        return null;
    }

    /// <summary>Takes what has been kept; where that is nothing, nothing is kept from now on.</summary>
    private ArrayBufferWriter<byte>? TakeKept()
    {
        lock (_gate)
        {
            ArrayBufferWriter<byte> kept = _kept;
            _isReplayed = kept.WrittenCount == 0;
            if (_isReplayed)
                return null;
            _kept = new ArrayBufferWriter<byte>(64);
            return kept;
        }
    }

    private bool TryAppend(in PeerMessage message)
    {
        int length = MessageWriter.EmptyLength + message.Body.Length;
        _total += length;
        if (_total > Capacity)
            return false;
        _kept.Advance(MessageWriter.WriteBody(_kept.GetSpan(length), message.Id, message.Body));
        return true;
    }
}
