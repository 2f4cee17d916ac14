using System.Security.Cryptography;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Requests for hashes of a file's tree, and hashes with their proof: the height of the tree, then the body of a message.</summary>
internal sealed class HashesTarget : IFuzzTarget
{
    private static readonly byte[] Layer = RandomNumberGenerator.GetBytes(8 * MerkleTree.HashLength);
    private static readonly InfoHashV2 Root = NodeOf(3, 0);

    public string Name => "hashes";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            Message(new HashRequest(Root, 0, 0, 8, 2), Layer),
            Message(new HashRequest(Root, 0, 2, 2, 2), [.. Layer[64..128], .. Bytes(1, 0), .. Bytes(2, 1)]),
            Message(new HashRequest(Root, 1, 2, 2, 1), [.. Bytes(1, 2), .. Bytes(1, 3), .. Bytes(2, 0)]),
        ],
        [[0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 0, 8], [0, 0, 0x20, 0], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0]]);

    public long AllowedBytes(int length) => 64 * 1024 + (100L * length);

    public bool Run(byte[] input)
    {
        if (input.Length < 1 + HashRequest.BodyLength)
            return false;
        HashRequest request = HashRequest.Read(input.AsSpan(1));
        byte[] again = new byte[HashRequest.BodyLength];
        request.Write(again);
        Property.Holds(again.AsSpan().SequenceEqual(input.AsSpan(1, HashRequest.BodyLength)), "the written bytes equal those that were read");
        int height = input[0] % (MerkleTree.MaxHeight + 1);
        if (!request.Fits(height))
            return false;
        Property.Holds(request.Length + request.UncleCount <= HashRequest.MaxAnswered + MerkleTree.MaxHeight, "an answer is bounded");
        ReadOnlySpan<byte> hashes = input.AsSpan(1 + HashRequest.BodyLength);
        Span<byte> root = stackalloc byte[MerkleTree.HashLength];
        request.PiecesRoot.CopyTo(root);
        return request.IsProven(hashes, root);
    }

    private static byte[] Message(HashRequest request, byte[] hashes)
    {
        byte[] message = [3, .. new byte[HashRequest.BodyLength], .. hashes];
        request.Write(message.AsSpan(1));
        return message;
    }

    private static InfoHashV2 NodeOf(int layer, int index) => new(Bytes(layer, index));

    private static byte[] Bytes(int layer, int index)
    {
        var hash = new byte[MerkleTree.HashLength];
        new MerkleLayer(Layer, 0, 3).Node(layer, index, hash);
        return hash;
    }
}
