using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Reads the SHA-256 trees of a torrent's files (BEP 52) and compares the two halves of a hybrid.</summary>
internal static class HashTreeReader
{
    /// <summary>
    /// Reads <c>piece layers</c>: for each file longer than a piece, the hashes of its pieces, which must match its root. Layers
    /// may be missing, because peers can supply them; none may be wrong.
    /// </summary>
    /// <param name="root">The whole torrent.</param>
    /// <param name="files">The torrent's files, with their roots.</param>
    /// <param name="pieceLength">Bytes of a piece.</param>
    /// <returns>The layer of each file; empty if it needs none, or it is missing.</returns>
    /// <exception cref="MetainfoException">A layer is wrong.</exception>
    public static ReadOnlyMemory<byte>[] ReadLayers(BencodeElement root, IReadOnlyList<TorrentFileEntry> files, int pieceLength)
    {
        var layers = new ReadOnlyMemory<byte>[files.Count];
        if (!root.TryGet("piece layers"u8, out BencodeElement element))
            return layers;
        if (element.Kind != BencodeKind.Dictionary)
            throw new MetainfoException(MetainfoFault.InvalidHashTree, "The torrent's 'piece layers' is not a dictionary.");

        // A table, because a lookup in a bencoded dictionary walks through it.
        var byRoot = new Dictionary<InfoHashV2, BencodeElement>();
        foreach (BencodeEntry entry in element.EnumerateDictionary())
        {
            if (entry.Key.Length == MerkleTree.HashLength)
                byRoot.TryAdd(new InfoHashV2(entry.Key), entry.Value);
        }

        var verified = new Dictionary<InfoHashV2, long>();
        int layer = MerkleTree.HeightOf(MerkleTree.CountBlocks(pieceLength));
        for (int index = 0; index < files.Count; index++)
        {
            TorrentFileEntry file = files[index];
            if (!NeedsLayer(file, pieceLength))
                continue;
            var key = new InfoHashV2(file.PiecesRoot.Span);
            if (!byRoot.TryGetValue(key, out BencodeElement value))
                continue;
            if (!value.TryGetBytes(out ReadOnlyMemory<byte> hashes))
            {
                throw new MetainfoException(
                    MetainfoFault.InvalidHashTree, $"The torrent's 'piece layers' has a value that is not a string of hashes for '{Short(file)}'.");
            }

            long count = (file.Length / pieceLength) + (file.Length % pieceLength == 0 ? 0 : 1);
            if (hashes.Length != count * MerkleTree.HashLength)
            {
                throw new MetainfoException(
                    MetainfoFault.InvalidHashTree,
                    $"The torrent's 'piece layers' has {hashes.Length} bytes for '{Short(file)}'; its {count} pieces need {count * MerkleTree.HashLength}.");
            }

            // Equal files have one layer, which is hashed once.
            if (!verified.TryAdd(key, count))
            {
                layers[index] = hashes;
                continue;
            }

            layers[index] = MerkleTree.IsLayerOf(hashes.Span, layer, file.PiecesRoot.Span)
                ? hashes
                : throw new MetainfoException(
                    MetainfoFault.InvalidHashTree, $"The piece hashes of '{Short(file)}' do not match its root hash.");
        }

        return layers;
    }

    /// <summary>Compares the files of a hybrid's two halves.</summary>
    /// <param name="v1">The files of <c>files</c> or <c>length</c>, including padding.</param>
    /// <param name="v2">The files of <c>file tree</c>.</param>
    /// <returns>The files of the v1 half, with the roots from the v2 half.</returns>
    /// <exception cref="MetainfoException">A name, a length, the order, or an offset differs.</exception>
    public static TorrentFileEntry[] Join(TorrentFileEntry[] v1, TorrentFileEntry[] v2)
    {
        int next = 0;
        for (int index = 0; index < v1.Length; index++)
        {
            TorrentFileEntry file = v1[index];
            if (file.IsPadding)
                continue;
            if (next == v2.Length)
                throw Mismatch($"'{Short(file)}' is in its version 1 half only");
            TorrentFileEntry other = v2[next++];
            if (file.Path != other.Path || file.OriginalPath != other.OriginalPath)
                throw Mismatch($"where one has '{Short(file)}' the other has '{Short(other)}'");
            if (file.Length != other.Length)
                throw Mismatch($"'{Short(file)}' has {file.Length} bytes in one and {other.Length} in the other");
            if (file.Length > 0 && file.Offset != other.Offset)
                throw Mismatch($"'{Short(file)}' begins at byte {file.Offset} in one and at byte {other.Offset} in the other");
            if (file.IsLink != other.IsLink || file.LinkTarget != other.LinkTarget)
                throw Mismatch($"the link '{Short(file)}' has different targets in the two");
            v1[index] = file with { PiecesRoot = other.PiecesRoot };
        }

        return next == v2.Length ? v1 : throw Mismatch($"'{Short(v2[next])}' is in its version 2 half only");
    }

    /// <summary>Whether a file's pieces need a layer, because its root alone cannot verify them.</summary>
    public static bool NeedsLayer(TorrentFileEntry file, int pieceLength) => !file.IsPadding && file.Length > pieceLength;

    /// <summary>A file's path, shortened to fit in a sentence.</summary>
    internal static string Short(TorrentFileEntry file) => Short(file.OriginalPath);

    /// <inheritdoc cref="Short(TorrentFileEntry)"/>
    internal static string Short(string path)
    {
        const int Most = 200;
        if (path.Length <= Most)
            return path;
        int end = char.IsHighSurrogate(path[Most - 1]) ? Most - 1 : Most;
        return path[..end] + "...";
    }

    private static MetainfoException Mismatch(string how) =>
        new(MetainfoFault.HybridMismatch, $"The two halves of this hybrid torrent describe different files: {how}.");
}
