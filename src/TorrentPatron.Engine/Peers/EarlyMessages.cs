using System.Buffers;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// Messages about pieces that a peer sent before the torrent's pieces were known: stored within bounds and replayed later. A
/// bitfield cannot be checked before then, and peers do not repeat it. Thread-safe; nothing is called under its lock.
/// </summary>
internal sealed class EarlyMessages
{
    /// <summary>The reason to close a connection that sends a block now, when none can have been requested.</summary>
    public const string UnaskedBlock = "It sends blocks that were not requested.";

    /// <summary>The longest message: the bitfield of the largest torrent.</summary>
    public const int MaxMessageLength = 1 + (MetainfoReader.MaxPieces / 8);

    /// <summary>The most bytes stored: such a bitfield, and a few thousand single pieces.</summary>
    private const int Capacity = MaxMessageLength + (64 * 1024);

    private readonly Lock _gate = new();
    private ArrayBufferWriter<byte> _kept = new(64);
    private int _total;
    private bool _isReplayed;

    /// <summary>Whether a message is worth storing.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="withRequests">Whether the peer may have been unchoked meanwhile, so that its requests matter.</param>
    public static bool IsOfUse(MessageId id, bool withRequests) => id switch
    {
        MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested or MessageId.Have
            or MessageId.Bitfield or MessageId.HaveAll or MessageId.HaveNone or MessageId.AllowedFast or MessageId.SuggestPiece => true,
        MessageId.Request or MessageId.Cancel => withRequests,
        _ => false,
    };

    /// <summary>Stores a message if it is worth it, until the messages are replayed.</summary>
    /// <param name="message">The message.</param>
    /// <param name="withRequests">Whether the peer may have been unchoked meanwhile, so that its requests matter.</param>
    /// <param name="fault">The reason to close the connection; null to keep it open.</param>
    /// <returns>False if the stored messages have been replayed: this one is to be handled now, after them.</returns>
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
    /// Replays the stored messages in order, then those that arrive meanwhile, and stores nothing afterwards. Called once. It
    /// ends because the total is bounded.
    /// </summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
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

    /// <summary>Takes the stored messages; if there are none, nothing is stored from now on.</summary>
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
