using System.Collections.ObjectModel;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// The validated contents of a .torrent file (BEP 3), created by <see cref="MetainfoReader"/>. Immutable. All text in it is safe
/// to show.
/// </summary>
public sealed class TorrentMetainfo
{
    internal TorrentMetainfo()
    {
    }

    /// <summary>
    /// The torrent's id: the SHA-1 of <see cref="RawInfo"/>, its SHA-256, or both, depending on the <see cref="Version"/>.
    /// </summary>
    public required TorrentId TorrentId { get; init; }

    /// <summary>
    /// The swarm's id on the wire (<see cref="TorrentId.WireHash"/>). Use <see cref="TorrentId"/> to distinguish torrents.
    /// </summary>
    public InfoHash InfoHash => TorrentId.WireHash;

    /// <summary>The format of the torrent.</summary>
    public required MetainfoVersion Version { get; init; }

    /// <summary>The name of the single file, or of the folder: one safe path element.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the files are in a folder with the name <see cref="Name"/>, even if there is only one.</summary>
    public required bool IsMultiFile { get; init; }

    /// <summary>The files in order of offset, including padding; at least one.</summary>
    public required ReadOnlyCollection<TorrentFileEntry> Files { get; init; }

    /// <summary>
    /// The number of bytes in the pieces: all files, including padding and, in a v2 torrent, the gaps between files. It may be 0.
    /// </summary>
    public required long TotalSize { get; init; }

    /// <summary>The number of useful bytes: of all files except padding.</summary>
    public required long ContentSize { get; init; }

    /// <summary>Length of each piece except the last, in bytes; 1 to <see cref="MetainfoReader.MaxPieceLength"/>.</summary>
    public required int PieceLength { get; init; }

    /// <summary>The number of pieces; 0 if there are no bytes.</summary>
    public required int PieceCount { get; init; }

    /// <summary>The SHA-1 hashes of all pieces, 20 bytes each; empty for <see cref="MetainfoVersion.V2"/>.</summary>
    public required ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>
    /// Announce addresses (http, https, udp), in tiers to be tried one after another (BEP 12). At most
    /// <see cref="MetainfoReader.MaxTrackers"/>, without duplicates; may be empty.
    /// </summary>
    public required ReadOnlyCollection<ReadOnlyCollection<string>> TrackerTiers { get; init; }

    /// <summary>Addresses (wss, ws) of unsupported trackers, the first few without duplicates.</summary>
    public ReadOnlyCollection<string> UnsupportedTrackers { get; init; } = [];

    /// <summary>Web seed addresses (http, https; BEP 19); may be empty.</summary>
    public required ReadOnlyCollection<string> WebSeeds { get; init; }

    /// <summary>
    /// DHT bootstrap nodes (BEP 5); at most <see cref="MetainfoReader.MaxDhtNodes"/>, without duplicates; empty for a private
    /// torrent.
    /// </summary>
    public required ReadOnlyCollection<HostEndPoint> DhtNodes { get; init; }

    /// <summary>Whether it is private: peers come only from its trackers (BEP 27).</summary>
    public required bool IsPrivate { get; init; }

    /// <summary>The creator's comment, if any.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that created the torrent, if included.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>The creation date, UTC, if included.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>A private tracker's source tag (<c>source</c>), if any.</summary>
    public string? Source { get; init; }

    /// <summary>Torrents that may share files with this one (BEP 38); at most 256, without duplicates.</summary>
    public ReadOnlyCollection<TorrentId> Similar { get; init; } = [];

    /// <summary>
    /// The torrent's collections: torrents of one collection may share files (BEP 38). At most 256, without duplicates.
    /// </summary>
    public ReadOnlyCollection<string> Collections { get; init; } = [];

    /// <summary>The http or https address of newer versions (BEP 39), if included.</summary>
    public Uri? UpdateUrl { get; init; }

    /// <summary>The publisher's certificate, X.509 in DER (BEP 39), with which <see cref="SignatureVerifier"/> verifies newer torrents; empty if there is none.</summary>
    public ReadOnlyMemory<byte> Originator { get; init; }

    /// <summary>The original .torrent file, for storing it.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>The exact bytes of the <c>info</c> dictionary, which is hashed and sent to peers (BEP 9).</summary>
    public required ReadOnlyMemory<byte> RawInfo { get; init; }

    /// <summary>The <c>file tree</c> of a v2 or hybrid torrent, bencoded (BEP 52); else empty.</summary>
    public required ReadOnlyMemory<byte> RawFileTree { get; init; }

    /// <summary>The <c>piece layers</c> of a v2 or hybrid torrent, bencoded (BEP 52); empty if it has none.</summary>
    public required ReadOnlyMemory<byte> RawPieceLayers { get; init; }

    /// <summary>
    /// Whether the layer of every file longer than a piece is known. False for a v1 torrent, and for one whose info dictionary
    /// came from peers, or whose file lacks the layers: they must still be fetched.
    /// </summary>
    public bool HasPieceLayers { get; internal init; }

    /// <summary>The piece hashes of each file; null if unknown.</summary>
    internal ReadOnlyMemory<byte>[]? Layers { get; init; }

    /// <summary>The hashes of a file's pieces, 32 bytes each (BEP 52).</summary>
    /// <param name="file">Index of the file.</param>
    /// <returns>
    /// Empty if they are unknown, and for a file no longer than a piece: its root is the hash of its one piece.
    /// </returns>
    public ReadOnlyMemory<byte> PieceLayer(int file)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(file);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(file, Files.Count);
        return Layers is { } layers ? layers[file] : default;
    }

    /// <summary>The SHA-1 hash of a piece, 20 bytes.</summary>
    /// <param name="index">0 to <see cref="PieceCount"/> - 1, of a v1 or hybrid torrent.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece, or it has no such hash.</exception>
    public ReadOnlySpan<byte> PieceHash(int index) => PieceHashes.Span.Slice(checked(index * InfoHash.Length), InfoHash.Length);

    /// <summary>
    /// The length of a piece in bytes. The last one may be shorter; in a <see cref="MetainfoVersion.V2"/> torrent the last one of
    /// each file, because the gap after it is not part of it.
    /// </summary>
    /// <param name="index">0 to <see cref="PieceCount"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such piece.</exception>
    public int PieceSize(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, PieceCount);
        return Version == MetainfoVersion.V2 ? BytesOfFileIn(Files[FileOfPiece(index)], index) : PieceRoom(index);
    }

    /// <summary>
    /// The bytes of a piece that a peer may request: in a <see cref="MetainfoVersion.V2"/> torrent those of a whole piece,
    /// because libtorrent requests whole blocks even at the end of a file, followed by zeros.
    /// </summary>
    /// <param name="index">0 to <see cref="PieceCount"/> - 1.</param>
    public int PieceRoom(int index) =>
        Version == MetainfoVersion.V2 ? PieceLength : (int)Math.Min(PieceLength, TotalSize - ((long)index * PieceLength));

    /// <summary>The file that contains a piece of a v2 or hybrid torrent, where each file starts a piece.</summary>
    internal int FileOfPiece(int piece) => FileAt((long)piece * PieceLength);

    /// <summary>
    /// The last file that does not begin after a byte: of several that begin at one offset, only the last has bytes.
    /// </summary>
    internal int FileAt(long offset)
    {
        int low = 0, high = Files.Count - 1;
        while (low < high)
        {
            int middle = low + ((high - low + 1) / 2);
            if (Files[middle].Offset <= offset)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    /// <summary>Bytes of a file in one of its pieces.</summary>
    internal int BytesOfFileIn(TorrentFileEntry file, int piece) =>
        (int)Math.Clamp(file.Offset + file.Length - ((long)piece * PieceLength), 0, PieceLength);

    /// <summary>The height of a piece's hash above the leaves: of a whole piece, or of the file if that is not longer.</summary>
    internal int HeightOfPieceHash(TorrentFileEntry file) =>
        MerkleTree.HeightOf(MerkleTree.CountBlocks(Math.Min(file.Length, PieceLength)));
}
