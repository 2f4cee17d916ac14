using System.Buffers;
using TorrentPatron.Protocol.Bencoding;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Wire;

/// <summary>
/// A message of the extension <c>ut_metadata</c> (BEP 9), with which peers exchange a torrent's info dictionary.
/// </summary>
public readonly ref struct MetadataMessage
{
    /// <summary>The extension's name.</summary>
    public const string Extension = "ut_metadata";

    /// <summary>Length of every piece of the metadata except the last, bytes.</summary>
    public const int PieceLength = 16 * 1024;

    /// <summary>Longest payload of a message, bytes: a piece and its header.</summary>
    public const int MaxLength = PieceLength + MaxHeaderLength;

    private const int MaxHeaderLength = 1024;

    private static readonly BencodeLimits Limits = new() { MaxDepth = 4, MaxTokens = 64 };

    private MetadataMessage(MetadataMessageKind kind, int piece, long? totalSize, ReadOnlySpan<byte> data)
    {
        Kind = kind;
        Piece = piece;
        TotalSize = totalSize;
        Data = data;
    }

    /// <summary>The kind, which may be an unknown one.</summary>
    public MetadataMessageKind Kind { get; }

    /// <summary>Index of the piece, 0 or more.</summary>
    public int Piece { get; }

    /// <summary>Total size of the metadata in bytes, from the sender of a piece; null if not included.</summary>
    public long? TotalSize { get; }

    /// <summary>The piece; empty except in a <see cref="MetadataMessageKind.Data"/> message.</summary>
    public ReadOnlySpan<byte> Data { get; }

    /// <summary>Number of metadata pieces for a size.</summary>
    /// <param name="size">Size in bytes, 1 or more.</param>
    public static int CountPieces(int size) => (size + PieceLength - 1) / PieceLength;

    /// <summary>Length of a piece in bytes; the last one may be shorter.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="size">Size of all the metadata in bytes.</param>
    public static int LengthOf(int piece, int size) => Math.Min(PieceLength, size - (piece * PieceLength));

    /// <summary>Reads the payload of a message.</summary>
    /// <param name="payload">What follows the extended message's number.</param>
    /// <param name="message">The message, if valid; it refers to the payload.</param>
    /// <returns>False if it is invalid.</returns>
    public static bool TryRead(ReadOnlySpan<byte> payload, out MetadataMessage message)
    {
        message = default;
        BencodeElement header;
        int length;
        try
        {
            header = BencodeDocument.ParsePrefix(payload[..Math.Min(payload.Length, MaxHeaderLength)].ToArray(), out length, Limits).Root;
        }
        catch (BencodeException)
        {
            return false;
        }

        if (!header.TryGet("msg_type"u8, out BencodeElement type) || !type.TryGetInteger(out long kind) || kind is < 0 or > 255
            || !header.TryGet("piece"u8, out BencodeElement index) || !index.TryGetInteger(out long piece)
            || piece is < 0 or > MetainfoReader.MaxMetadataBytes / PieceLength)
        {
            return false;
        }

        bool isData = (MetadataMessageKind)kind == MetadataMessageKind.Data;
        long? totalSize = isData && header.TryGet("total_size"u8, out BencodeElement total) && total.TryGetInteger(out long size) ? size : null;
        message = new MetadataMessage((MetadataMessageKind)kind, (int)piece, totalSize, isData ? payload[length..] : default);
        return true;
    }

    /// <summary>Writes a request for a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    public static byte[] WriteRequest(int piece) => Write(MetadataMessageKind.Request, piece, null, default);

    /// <summary>Writes a reject of a request.</summary>
    /// <param name="piece">Index of the piece.</param>
    public static byte[] WriteReject(int piece) => Write(MetadataMessageKind.Reject, piece, null, default);

    /// <summary>Writes a message with a piece.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="metadata">All of the metadata.</param>
    public static byte[] WriteData(int piece, ReadOnlySpan<byte> metadata) => Write(
        MetadataMessageKind.Data, piece, metadata.Length, metadata.Slice(piece * PieceLength, LengthOf(piece, metadata.Length)));

    private static byte[] Write(MetadataMessageKind kind, int piece, int? totalSize, ReadOnlySpan<byte> data)
    {
        var output = new ArrayBufferWriter<byte>(data.Length + 64);
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.Write("msg_type"u8, (int)kind);
        writer.Write("piece"u8, piece);
        if (totalSize is int size)
            writer.Write("total_size"u8, size);
        writer.End();
        output.Write(data);
        return output.WrittenSpan.ToArray();
    }
}
