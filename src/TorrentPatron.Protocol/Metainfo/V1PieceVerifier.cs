using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Verifies pieces by their SHA-1 (BEP 3): a block is verified with its piece.</summary>
/// <param name="hashes">The hashes of all pieces, 20 bytes each.</param>
/// <param name="metainfo">The torrent, if it has padding; else null.</param>
internal sealed class V1PieceVerifier(ReadOnlyMemory<byte> hashes, TorrentMetainfo? metainfo = null) : PieceVerifier
{
    private readonly TorrentMetainfo? _padded = metainfo?.Files.Any(file => file.IsPadding) == true ? metainfo : null;
    private volatile bool _isContradictory;

    /// <inheritdoc/>
    public override bool IsContradictory => _isContradictory;

    /// <inheritdoc/>
    public override PieceHash Begin(int piece)
    {
        var hash = new Sha1PieceHash();
        if (_padded is null || PaddingIn(_padded, piece) is not { Count: > 0 } padding)
            return hash;
        return new PaddedPieceHash(hash, padding, digest =>
        {
            if (IsHash(piece, digest))
                _isContradictory = true;
        });
    }

    /// <inheritdoc/>
    // If padding is not all zeros, no piece with the right hash can be stored.
    public override bool IsHashOf(int piece, ReadOnlySpan<byte> hash) => IsHash(piece, hash) && !_isContradictory;

    /// <inheritdoc/>
    public override PieceVerifier ForFiles() => _padded is null ? this : new V1PieceVerifier(hashes);

    /// <inheritdoc/>
    public override UInt128 FingerprintOf(ReadOnlySpan<byte> block)
    {
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(block, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }

    private bool IsHash(int piece, ReadOnlySpan<byte> hash) =>
        hash.SequenceEqual(hashes.Span.Slice(checked(piece * PieceHash.V1Length), PieceHash.V1Length));

    private static List<(int Begin, int End)> PaddingIn(TorrentMetainfo metainfo, int piece)
    {
        long begin = (long)piece * metainfo.PieceLength;
        long end = begin + metainfo.PieceRoom(piece);
        var padding = new List<(int Begin, int End)>();
        for (int index = metainfo.FileAt(begin); index < metainfo.Files.Count && metainfo.Files[index].Offset < end; index++)
        {
            TorrentFileEntry file = metainfo.Files[index];
            if (file.IsPadding && file.Length > 0 && file.Offset + file.Length > begin)
                padding.Add(((int)Math.Max(0, file.Offset - begin), (int)(Math.Min(end, file.Offset + file.Length) - begin)));
        }

        return padding;
    }
}
