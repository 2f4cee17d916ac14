using System.Collections.ObjectModel;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>
/// What is in a .torrent file (BEP 3), checked: made by <see cref="MetainfoReader"/>, never changed. All text in it is fit
/// to be shown.
/// </summary>
public sealed class TorrentMetainfo
{
    internal TorrentMetainfo()
    {
    }

    /// <summary>Which torrent: the SHA-1 of <see cref="RawInfo"/>, its SHA-256, or both, as the <see cref="Version"/> has it.</summary>
    public required TorrentId TorrentId { get; init; }

    /// <summary>What names the swarm on the wire (<see cref="TorrentId.WireHash"/>). To tell torrents apart: <see cref="TorrentId"/>.</summary>
    public InfoHash InfoHash => TorrentId.WireHash;

    /// <summary>Which format the torrent is in.</summary>
    public required MetainfoVersion Version { get; init; }

    /// <summary>The name of the file, or of the folder of the files: one safe element of a path.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the files are in a folder called <see cref="Name"/>, even if it is one file only.</summary>
    public required bool IsMultiFile { get; init; }

    /// <summary>The files in the order of their bytes, padding files among them; at least one.</summary>
    public required ReadOnlyCollection<TorrentFileEntry> Files { get; init; }

    /// <summary>
    /// The number of bytes that the pieces make up: all files, padding files and, in a v2 torrent, the gaps between files
    /// included. It may be 0.
    /// </summary>
    public required long TotalSize { get; init; }

    /// <summary>The number of bytes that are of use: of all files but the padding files.</summary>
    public required long ContentSize { get; init; }

    /// <summary>Length of each piece but the last, in bytes; 1 to <see cref="MetainfoReader.MaxPieceLength"/>.</summary>
    public required int PieceLength { get; init; }

    /// <summary>The number of pieces; 0 if there are no bytes at all.</summary>
    public required int PieceCount { get; init; }

    /// <summary>The SHA-1 hashes of all pieces, 20 bytes each; empty for <see cref="MetainfoVersion.V2"/>.</summary>
    public required ReadOnlyMemory<byte> PieceHashes { get; init; }

    /// <summary>
    /// Addresses (http, https, udp) to announce to, in tiers to be tried one after the other (BEP 12). At most
    /// <see cref="MetainfoReader.MaxTrackers"/>, none twice; it may be empty.
    /// </summary>
    public required ReadOnlyCollection<ReadOnlyCollection<string>> TrackerTiers { get; init; }

    /// <summary>Addresses (wss, ws) of trackers that cannot be asked, the first few; none twice.</summary>
    public ReadOnlyCollection<string> UnsupportedTrackers { get; init; } = [];

    /// <summary>Addresses (http, https) that serve the files themselves (BEP 19); it may be empty.</summary>
    public required ReadOnlyCollection<string> WebSeeds { get; init; }

    /// <summary>
    /// DHT nodes to begin with (BEP 5); at most <see cref="MetainfoReader.MaxDhtNodes"/>, none twice, none in a private torrent.
    /// </summary>
    public required ReadOnlyCollection<HostEndPoint> DhtNodes { get; init; }

    /// <summary>Whether peers may come from the trackers only (BEP 27).</summary>
    public required bool IsPrivate { get; init; }

    /// <summary>The maker's comment, if any.</summary>
    public string? Comment { get; init; }

    /// <summary>The program that made the torrent, if it says so.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>When the torrent was made, in UTC, if it says so.</summary>
    public DateTimeOffset? CreationDate { get; init; }

    /// <summary>The mark by which private trackers tell their torrents from others' (<c>source</c>), if any.</summary>
    public string? Source { get; init; }

    /// <summary>Torrents that may share files with this one (BEP 38); at most 256, none twice.</summary>
    public ReadOnlyCollection<TorrentId> Similar { get; init; } = [];

    /// <summary>Names of the collections that it belongs to: torrents of one collection may share files (BEP 38). At most 256, none twice.</summary>
    public ReadOnlyCollection<string> Collections { get; init; } = [];

    /// <summary>Where a newer torrent may be had (BEP 39): an http or https address, if it says so.</summary>
    public Uri? UpdateUrl { get; init; }

    /// <summary>The certificate of whoever makes newer ones, X.509 in DER (BEP 39); empty if there is none. <see cref="SignatureVerifier"/> verifies newer ones by it.</summary>
    public ReadOnlyMemory<byte> Originator { get; init; }

    /// <summary>The .torrent file as it was read: what to store.</summary>
    public required ReadOnlyMemory<byte> Raw { get; init; }

    /// <summary>The <c>info</c> dictionary as it stands in <see cref="Raw"/>: what is hashed and sent to peers (BEP 9).</summary>
    public required ReadOnlyMemory<byte> RawInfo { get; init; }

    /// <summary>The <c>file tree</c> of a v2 or hybrid torrent, bencoded (BEP 52); else empty.</summary>
    public required ReadOnlyMemory<byte> RawFileTree { get; init; }

    /// <summary>The <c>piece layers</c> of a v2 or hybrid torrent, bencoded (BEP 52); empty if it has none.</summary>
    public required ReadOnlyMemory<byte> RawPieceLayers { get; init; }

    /// <summary>
    /// Whether the layer of every file that is longer than a piece is known. False for a v1 torrent, and for one whose info dictionary came from
    /// peers, or whose file has it without the layers: they are still to be fetched.
    /// </summary>
    public bool HasPieceLayers { get; internal init; }

    /// <summary>Of each file the hashes of its pieces; null where they are not known.</summary>
    internal ReadOnlyMemory<byte>[]? Layers { get; init; }

    /// <summary>The hashes of a file's pieces, 32 bytes each (BEP 52).</summary>
    /// <param name="file">Index of the file.</param>
    /// <returns>Empty where they are not known, and for a file that is not longer than a piece: its root is the hash of its one piece.</returns>
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
    /// The length of a piece in bytes; the last one is as long as is left, and in a <see cref="MetainfoVersion.V2"/> torrent the last one of each
    /// file: the gap behind it is not part of it.
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
    /// The bytes of a piece for which a peer may ask: in a <see cref="MetainfoVersion.V2"/> torrent those of a whole piece, since libtorrent asks for
    /// whole blocks also where a file ends, and zeros lie behind it.
    /// </summary>
    /// <param name="index">0 to <see cref="PieceCount"/> - 1.</param>
    public int PieceRoom(int index) =>
        Version == MetainfoVersion.V2 ? PieceLength : (int)Math.Min(PieceLength, TotalSize - ((long)index * PieceLength));

    /// <summary>The file to which a piece of a v2 or hybrid torrent belongs, where each file begins a piece.</summary>
    internal int FileOfPiece(int piece) => FileAt((long)piece * PieceLength);

    /// <summary>The last file that does not begin behind a byte: of several that begin at one place, only the last has bytes.</summary>
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

    /// <summary>How many layers the hash of a piece is above the leaves: those of a whole piece, or of the file where that is not longer.</summary>
    internal int HeightOfPieceHash(TorrentFileEntry file) =>
        MerkleTree.HeightOf(MerkleTree.CountBlocks(Math.Min(file.Length, PieceLength)));
}
