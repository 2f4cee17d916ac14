using System.Text;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Protocol.Metainfo;

/// <summary>Writes the file tree and the piece layers of a v2 or hybrid torrent (BEP 52).</summary>
internal sealed class FileTreeWriter
{
    private readonly IReadOnlyList<TorrentBuilderFile> _files;
    private readonly string _name;
    private readonly byte[][] _roots;
    private readonly SortedDictionary<byte[], ReadOnlyMemory<byte>> _layers =
        new(Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right)));

    /// <summary>Computes the files' roots from the hashes of their pieces.</summary>
    /// <param name="files">The files, in the order of the tree.</param>
    /// <param name="name">The torrent's name, used for a file without a path.</param>
    /// <param name="pieceLength">Bytes of a whole piece.</param>
    /// <param name="hashes">The hashes of all pieces, 32 bytes each.</param>
    /// <exception cref="ArgumentException">The number of hashes is wrong, or the piece length is invalid for version
    /// 2.</exception>
    public FileTreeWriter(IReadOnlyList<TorrentBuilderFile> files, string name, int pieceLength, ReadOnlyMemory<byte> hashes)
    {
        if (pieceLength < MerkleTree.BlockLength || !int.IsPow2(pieceLength))
            throw new ArgumentException("The piece length must be a power of two, 16 KiB or more.", nameof(pieceLength));
        (_files, _name) = (files, name);
        _roots = new byte[files.Count][];
        int layer = MerkleTree.HeightOf(MerkleTree.CountBlocks(pieceLength));
        for (int index = 0; index < files.Count; index++)
        {
            long length = files[index].Length;
            long count = (length / pieceLength) + (length % pieceLength == 0 ? 0 : 1);
            if (count * MerkleTree.HashLength > hashes.Length)
                throw new ArgumentException("There are more pieces than hashes.", nameof(hashes));
            ReadOnlyMemory<byte> own = hashes[..(int)(count * MerkleTree.HashLength)];
            hashes = hashes[own.Length..];
            var root = new byte[MerkleTree.HashLength];
            if (count == 1)
                own.CopyTo(root);
            else if (count > 1)
                MerkleTree.Root(own.Span, layer, MerkleTree.HeightOf(count), root);
            _roots[index] = root;
            if (count > 1)
                _layers[root] = own;
        }

        if (!hashes.IsEmpty)
            throw new ArgumentException("There are more hashes than pieces.", nameof(hashes));
    }

    /// <summary>Writes <c>file tree</c>.</summary>
    /// <exception cref="ArgumentException">The files are not in tree order, or two have the same path.</exception>
    public void WriteTree(BencodeWriter writer)
    {
        try
        {
            Write(writer);
        }
        catch (InvalidOperationException fault)
        {
            throw new ArgumentException("The files are not in file-tree order, or two have the same path.", fault);
        }
    }

    private void Write(BencodeWriter writer)
    {
        writer.WriteKey("file tree"u8);
        writer.BeginDictionary();
        string[] open = [];
        for (int index = 0; index < _files.Count; index++)
        {
            string[] path = (_files[index].Path ?? _name).Split('/');
            int common = 0;
            while (common < open.Length && common < path.Length - 1 && open[common] == path[common])
                common++;
            for (int i = open.Length; i > common; i--)
                writer.End();
            for (int i = common; i < path.Length; i++)
            {
                writer.WriteKey(Encoding.UTF8.GetBytes(path[i]));
                writer.BeginDictionary();
            }

            writer.WriteKey(""u8);
            writer.BeginDictionary();
            TorrentBuilder.WriteAttributes(writer, _files[index]);
            if (_files[index].LinkTarget is null)
                writer.Write("length"u8, _files[index].Length);
            TorrentBuilder.WriteLastWriteTime(writer, _files[index]);
            if (_files[index].Length > 0)
                writer.Write("pieces root"u8, _roots[index]);
            TorrentBuilder.WriteLinkTarget(writer, _files[index]);
            writer.End();
            writer.End();
            open = path[..^1];
        }

        for (int i = open.Length; i >= 0; i--)
            writer.End();
    }

    /// <summary>Writes <c>piece layers</c>: for files longer than a piece, each once even if several are equal.</summary>
    public void WriteLayers(BencodeWriter writer)
    {
        writer.WriteKey("piece layers"u8);
        writer.BeginDictionary();
        foreach ((byte[] root, ReadOnlyMemory<byte> hashes) in _layers)
            writer.Write(root, hashes.Span);
        writer.End();
    }
}
