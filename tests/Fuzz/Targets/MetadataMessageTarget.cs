using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Messages for the exchange of a torrent's metadata (BEP 9).</summary>
internal sealed class MetadataMessageTarget : IFuzzTarget
{
    public string Name => "metadata-message";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            "d8:msg_typei0e5:piecei0ee"u8.ToArray(), "d8:msg_typei2e5:piecei3ee"u8.ToArray(),
            [.. "d8:msg_typei1e5:piecei0e10:total_sizei34256eexxxxxxxx"u8], [.. "d8:msg_typei1e5:piecei0e10:total_sizei16384ee"u8, .. new byte[16384]],
        ],
        [.. new[] { "i-1e", "i9223372036854775807e", "i1915e", "i1919e", "1:x", "de", "le" }.Select(System.Text.Encoding.ASCII.GetBytes)]);

    public long AllowedBytes(int length) => 64 * 1024 + (64L * length);

    public bool Run(byte[] input)
    {
        if (!MetadataMessage.TryRead(input, out MetadataMessage message))
            return false;
        Property.Holds(message.Piece >= 0 && message.Piece <= MetainfoReader.MaxMetadataBytes / MetadataMessage.PieceLength, "the piece is in bounds");
        Property.Holds(message.Data.IsEmpty || message.Kind == MetadataMessageKind.Data, "only a piece has data");
        Property.Holds(message.Data.IsEmpty || input.AsSpan().EndsWith(message.Data), "the data follows the header");
        byte[] written = MetadataMessage.WriteRequest(message.Piece);
        Property.Holds(
            MetadataMessage.TryRead(written, out MetadataMessage again) && again.Piece == message.Piece && again.Kind == MetadataMessageKind.Request,
            "a written value can be read again");
        return true;
    }
}
