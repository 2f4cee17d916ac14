using System.Buffers;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>
/// What a peer says of pieces before the torrent's are known, kept as it came, within bounds, and said again when they are. A
/// bitfield of that time cannot be checked before, and a peer does not say it twice. Not thread-safe.
/// </summary>
internal sealed class EarlyMessages
{
    /// <summary>Why a peer is dropped that sends a block now: nobody can have asked for one.</summary>
    public const string UnaskedBlock = "It sends blocks that nobody asked for.";

    /// <summary>Longest message that may come: the bitfield of the largest torrent.</summary>
    public const int MaxMessageLength = 1 + (MetainfoReader.MaxPieces / 8);

    /// <summary>Bytes kept: such a bitfield, and some thousand pieces told one by one.</summary>
    private const int Capacity = MaxMessageLength + (64 * 1024);

    private readonly ArrayBufferWriter<byte> _kept = new(64);

    /// <summary>Keeps a message, where it is of use later.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? Keep(in PeerMessage message)
    {
        switch (message.Id)
        {
            case MessageId.Piece:
                return UnaskedBlock;
            case MessageId.Choke or MessageId.Unchoke or MessageId.Interested or MessageId.NotInterested or MessageId.Have
                or MessageId.Bitfield or MessageId.HaveAll or MessageId.HaveNone or MessageId.AllowedFast:
                int length = MessageWriter.EmptyLength + message.Body.Length;
                if (_kept.WrittenCount + length > Capacity)
                    return "It tells of pieces without end.";
                _kept.Advance(MessageWriter.WriteBody(_kept.GetSpan(length), message.Id, message.Body));
                return null;
            default:
                return null;
        }
    }

    /// <summary>Says everything again, in its order.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? Replay(PeerTransfer transfer)
    {
        ReadOnlySpan<byte> rest = _kept.WrittenSpan;
        while (PeerMessage.TryRead(rest, MaxMessageLength, out PeerMessage message, out int size) == ReadResult.Complete)
        {
            if (transfer.Handle(message) is { } fault)
                return fault;
            rest = rest[size..];
        }

        return null;
    }
}
