using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>.torrent files.</summary>
internal sealed class MetainfoTarget : IFuzzTarget
{
    public string Name => "metainfo";

    public IMutator Mutator { get; } = new BencodeMutator(
        [Samples.Single, Samples.Many, Samples.Hybrid, Samples.V2, Samples.Links, Samples.ManyLinks],
        "path.utf-8", "name.utf-8", "symlink path", "attr", "mtime", "sha1", "l", "xl", "..", "_____padding_file_0", ".____padding_file", "meta version", "file tree", "piece layers", "url-list", "files", "");

    public long AllowedBytes(int length) => 1024 * 1024 + (600L * length);

    public bool Run(byte[] input)
    {
        TorrentMetainfo torrent;
        try
        {
            torrent = MetainfoReader.Read(input);
        }
        catch (MetainfoException fault)
        {
            Property.IsHarmless(fault.Message, "the error message");
            Property.Holds(fault.Message.Length is > 0 and < 1000, "an error message is a sentence");
            return false;
        }

        Property.Holds(input.AsSpan().IndexOf(torrent.RawInfo.Span) >= 0, "the hashed bytes are in the file");
        if (torrent.Version != MetainfoVersion.V2)
            Property.Holds(torrent.InfoHash == InfoHash.OfInfo(torrent.RawInfo.Span), "the info hash is the hash of the raw bytes");
        PathRules.CheckFiles(torrent);
        CheckSizes(torrent);
        CheckTexts(torrent);
        CheckTrees(torrent);
        TorrentMetainfo again = MetainfoReader.Read(torrent.Raw);
        Property.Holds(again.InfoHash == torrent.InfoHash, "the saved torrent is the same");
        Property.Holds(again.Files.Select(file => file.Path).SequenceEqual(torrent.Files.Select(file => file.Path)), "the paths are the same");
        return true;
    }

    private static void CheckSizes(TorrentMetainfo torrent)
    {
        Property.Holds(torrent.PieceLength is >= 1 and <= MetainfoReader.MaxPieceLength, "the piece length is in bounds");
        Property.Holds(torrent.PieceCount is >= 0 and <= MetainfoReader.MaxPieces, "the pieces are in bounds");
        Property.Holds(torrent.Version == MetainfoVersion.V2 || torrent.PieceHashes.Length == torrent.PieceCount * 20, "each piece has a hash");
        long end = 0;
        foreach (TorrentFileEntry file in torrent.Files)
        {
            Property.Holds(file.Length >= 0 && file.Offset >= end, "files follow each other");
            end = file.Offset + file.Length;
        }

        Property.Holds(end == torrent.TotalSize && torrent.ContentSize >= 0 && torrent.ContentSize <= end, "the sizes fit the files");
        long pieces = 0;
        if (torrent.PieceCount > 0)
            pieces = ((long)(torrent.PieceCount - 1) * torrent.PieceLength) + torrent.PieceSize(torrent.PieceCount - 1);
        Property.Holds(pieces == torrent.TotalSize, "the pieces cover the files");
    }

    private static void CheckTrees(TorrentMetainfo torrent)
    {
        if (torrent.Version == MetainfoVersion.V1)
            return;
        int layer = MerkleTree.HeightOf(MerkleTree.CountBlocks(torrent.PieceLength));
        for (int index = 0; index < torrent.Files.Count; index++)
        {
            TorrentFileEntry file = torrent.Files[index];
            Property.Holds(file.PiecesRoot.Length == (file.Length > 0 && !file.IsPadding ? MerkleTree.HashLength : 0), "each file with bytes has a root");
            bool isLong = file.Length > torrent.PieceLength && !file.IsPadding;
            Property.Holds(!isLong || !torrent.HasPieceLayers || !torrent.PieceLayer(index).IsEmpty, "a torrent with piece layers has all of them");
            if (isLong && !torrent.PieceLayer(index).IsEmpty)
                Property.Holds(MerkleTree.IsLayerOf(torrent.PieceLayer(index).Span, layer, file.PiecesRoot.Span), "a layer hashes to its root");
        }
    }

    private static void CheckTexts(TorrentMetainfo torrent)
    {
        Property.IsHarmless(torrent.Comment, "the comment");
        Property.IsHarmless(torrent.CreatedBy, "the creator");
        Property.IsHarmless(torrent.Source, "the source");
        foreach (string collection in torrent.Collections)
            Property.IsHarmless(collection, "a collection");
        Property.Holds(torrent.Similar.Count <= 256 && torrent.Collections.Count <= 256, "hints are bounded");
        Property.Holds(torrent.UpdateUrl is null or { Scheme: "http" or "https" }, "update addresses are HTTP");
        foreach (TorrentFileEntry file in torrent.Files)
            Property.IsHarmless(file.OriginalPath, "a path is unchanged");
        string[] trackers = [.. torrent.TrackerTiers.SelectMany(tier => tier)];
        Property.Holds(trackers.Length <= MetainfoReader.MaxTrackers && torrent.WebSeeds.Count <= MetainfoReader.MaxTrackers, "addresses are bounded");
        foreach (string address in trackers.Concat(torrent.WebSeeds))
        {
            Property.IsHarmless(address, "an address");
            Property.Holds(new Uri(address).Scheme is "http" or "https" or "udp", "an address is of a known kind");
        }
    }
}
