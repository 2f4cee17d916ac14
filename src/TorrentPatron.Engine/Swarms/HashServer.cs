using System.Collections.Concurrent;
using System.Security.Cryptography;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Answers requests for file tree hashes (BEP 52): from the piece layers, or, for block hashes, by hashing verified pieces. Each
/// answer is charged to the peer's allowance of <see cref="FutileWork"/>, so that nobody makes us hash without end.
/// </summary>
/// <param name="metainfo">The torrent, with its piece layers.</param>
/// <param name="storage">Its files.</param>
/// <param name="workers">The disk threads.</param>
/// <param name="has">Returns whether a piece is verified.</param>
/// <param name="faults">Handles unexpected exceptions.</param>
internal sealed class HashServer(TorrentMetainfo metainfo, TorrentStorage storage, DiskWorkers workers, Func<int, bool> has, FaultHandler faults) : HashExchange
{
    /// <summary>Hashes of a layer that cost a peer as much as a message.</summary>
    private const int HashesPerUnit = 8;

    private readonly Lazy<Dictionary<InfoHashV2, int>> _files = new(() => FilesByRoot(metainfo));
    private readonly ConcurrentDictionary<int, MerkleLayer> _layers = new();
    private readonly int _pieceLayer = MerkleTree.HeightOf(MerkleTree.CountBlocks(metainfo.PieceLength));
    private int _isHashing;

    /// <inheritdoc/>
    public override string? Handle(PeerConnection peer, in PeerMessage message)
    {
        if (message.Id != MessageId.HashRequest)
            return Decline(peer, message);
        HashRequest request = HashRequest.Read(message.Body);
        if (!_files.Value.TryGetValue(request.PiecesRoot, out int file))
            return Decline(peer, message);
        int height = MerkleTree.HeightOf(MerkleTree.CountBlocks(metainfo.Files[file].Length));
        if (!request.Fits(height))
            return Decline(peer, message);
        if (request.BaseLayer >= _pieceLayer && metainfo.Files[file].Length > metainfo.PieceLength)
        {
            peer.FutileWork.Charge(FutileWork.Answer + (request.Length / HashesPerUnit));
            Send(peer, request, (layer, index, hash) => LayerOf(file).Node(layer, index, hash));
            return null;
        }

        (int first, int count) = PiecesOf(request, metainfo.Files[file]);
        if (request.BaseLayer > 0 || request.Length > HashRequest.MostLeaves || (long)count * metainfo.PieceLength > (long)HashRequest.MostLeaves * MerkleTree.BlockLength
            || !Enumerable.Range(first, count).All(has) || Interlocked.Exchange(ref _isHashing, 1) != 0)
        {
            return Decline(peer, message);
        }

        // As much as reading and hashing takes: some microseconds per block.
        peer.FutileWork.Charge(FutileWork.Answer + (count * metainfo.PieceLength / MerkleTree.BlockLength * 4));
        faults.Watch(AnswerLeavesAsync(peer, request, file, height, first, count), metainfo.TorrentId, "hashing blocks for a peer");
        return null;
    }

    private static Dictionary<InfoHashV2, int> FilesByRoot(TorrentMetainfo metainfo)
    {
        var files = new Dictionary<InfoHashV2, int>();
        for (int index = 0; index < metainfo.Files.Count; index++)
        {
            if (metainfo.Files[index].PiecesRoot is { IsEmpty: false } root)
                files.TryAdd(new InfoHashV2(root.Span), index);
        }

        return files;
    }

    private MerkleLayer LayerOf(int file) => _layers.GetOrAdd(
        file,
        index => new MerkleLayer(metainfo.PieceLayer(index), _pieceLayer, MerkleTree.HeightOf(MerkleTree.CountBlocks(metainfo.Files[index].Length))));

    /// <summary>The pieces that contain the blocks of a request.</summary>
    private (int First, int Count) PiecesOf(HashRequest request, TorrentFileEntry file)
    {
        int blocksInPiece = metainfo.PieceLength / MerkleTree.BlockLength;
        int start = (int)(file.Offset / metainfo.PieceLength);
        long last = MerkleTree.CountBlocks(file.Length) - 1;
        int first = (int)Math.Min(request.Index, last) / blocksInPiece;
        int end = (int)(Math.Min((long)request.Index + request.Length - 1, last) / blocksInPiece) + 1;
        return (start + first, end - first);
    }

    private async Task AnswerLeavesAsync(PeerConnection peer, HashRequest request, int file, int height, int first, int count)
    {
        try
        {
            byte[] leaves = await workers.RunAsync(() => HashBlocks(file, first, count)).ConfigureAwait(false);
            TorrentFileEntry entry = metainfo.Files[file];
            long begin = ((long)first * metainfo.PieceLength - entry.Offset) / MerkleTree.BlockLength;
            Send(peer, request, (layer, index, hash) =>
            {
                // The hashes above these pieces follow from the piece layer.
                if (layer >= _pieceLayer && entry.Length > metainfo.PieceLength)
                    LayerOf(file).Node(layer, index, hash);
                else
                    new MerkleLayer(leaves, 0, height).Node(layer, index - (begin >> layer), hash);
            });
            peer.Sender.Flush();
        }
        catch (StorageException)
        {
            Refuse(peer, request);
        }
        finally
        {
            Volatile.Write(ref _isHashing, 0);
        }
    }

    private byte[] HashBlocks(int file, int first, int count)
    {
        TorrentFileEntry entry = metainfo.Files[file];
        long offset = (long)first * metainfo.PieceLength;
        long end = Math.Min(offset + ((long)count * metainfo.PieceLength), entry.Offset + entry.Length);
        byte[] leaves = new byte[MerkleTree.CountBlocks(end - offset) * MerkleTree.HashLength];
        byte[] block = new byte[MerkleTree.BlockLength];
        for (int at = 0; at < leaves.Length; at += MerkleTree.HashLength, offset += block.Length)
        {
            Span<byte> bytes = block.AsSpan(0, (int)Math.Min(block.Length, end - offset));
            storage.Read(offset, bytes);
            SHA256.HashData(bytes, leaves.AsSpan(at));
        }

        return leaves;
    }

    private static void Refuse(PeerConnection peer, HashRequest request)
    {
        byte[] body = new byte[HashRequest.BodyLength];
        request.Write(body);
        peer.Sender.Add(MessageId.HashReject, body);
        peer.Sender.Flush();
    }

    /// <summary>Sends the hashes of a range and their proof.</summary>
    private static void Send(PeerConnection peer, HashRequest request, NodeReader read)
    {
        // Proof layers above the root do not exist.
        byte[] body = new byte[HashRequest.BodyLength + ((request.Length + request.UncleCount) * MerkleTree.HashLength)];
        request.Write(body);
        Span<byte> hashes = body.AsSpan(HashRequest.BodyLength);
        for (int i = 0; i < request.Length; i++, hashes = hashes[MerkleTree.HashLength..])
            read(request.BaseLayer, request.Index + i, hashes[..MerkleTree.HashLength]);
        long index = request.Index / request.Length;
        for (int layer = request.BaseLayer + request.Height; !hashes.IsEmpty; layer++, index /= 2, hashes = hashes[MerkleTree.HashLength..])
            read(layer, index ^ 1, hashes[..MerkleTree.HashLength]);
        peer.Sender.Add(MessageId.Hashes, body);
    }

    private delegate void NodeReader(int layer, long index, Span<byte> hash);
}
