using System.Security.Cryptography;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Protocol.Tests.Wire;

public sealed class HashRequestTests
{
    /// <summary>13 leaves: a tree of height 4.</summary>
    private static readonly byte[] Leaves = Hashes(13);
    private static readonly MerkleLayer Tree = new(Leaves, 0, 4);
    private static readonly byte[] Root = Node(4, 0);

    [Fact]
    public void A_request_is_read_as_it_was_written()
    {
        var request = new HashRequest(new InfoHashV2(Root), 1, 2, 2, 1);
        byte[] body = new byte[HashRequest.BodyLength];
        request.Write(body);
        Assert.Equal([.. Root, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1], body);
        Assert.Equal(request, HashRequest.Read(body));
    }

    [Theory]
    [InlineData(0, 0, 16, 0, 0)]
    [InlineData(0, 0, 16, 3, 0)]
    [InlineData(0, 4, 4, 3, 2)]
    [InlineData(0, 6, 2, 3, 3)]
    [InlineData(0, 12, 2, 3, 3)]
    [InlineData(1, 0, 8, 2, 0)]
    [InlineData(2, 2, 2, 1, 1)]
    [InlineData(3, 0, 2, 0, 0)]
    public void Hashes_with_their_proof_lead_to_the_root(int layer, int index, int length, int proofLayers, int uncles)
    {
        var request = new HashRequest(new InfoHashV2(Root), layer, index, length, proofLayers);
        Assert.True(request.Fits(4));
        Assert.Equal(uncles, request.UncleCount);
        byte[] answer = Answer(request);
        Assert.True(request.IsProven(answer, Root));

        answer[^1] ^= 1;
        Assert.False(request.IsProven(answer, Root));
        answer[^1] ^= 1;
        answer[0] ^= 1;
        Assert.False(request.IsProven(answer, Root));
        Assert.False(request.IsProven(answer.AsSpan(..^32), Root));
        Assert.False(request.IsProven([.. answer, .. new byte[32]], Root));
    }

    [Theory]
    [InlineData(-1, 0, 2, 0)]
    [InlineData(5, 0, 1, 0)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(0, 0, 3, 0)]
    [InlineData(0, 1, 2, 0)]
    [InlineData(0, -2, 2, 0)]
    [InlineData(0, 16, 2, 0)]
    [InlineData(0, 0, 32, 0)]
    [InlineData(0, 0, 2, -1)]
    [InlineData(0, 0, 2, 4)]
    [InlineData(0, 0, 2, int.MaxValue)]
    [InlineData(0, 0, int.MinValue, 0)]
    public void Impossible_hashes_do_not_fit_a_tree(int layer, int index, int length, int proofLayers) =>
        Assert.False(new HashRequest(new InfoHashV2(Root), layer, index, length, proofLayers).Fits(4));

    [Fact]
    public void The_root_of_a_file_of_one_block_can_be_asked_for() =>
        Assert.True(new HashRequest(new InfoHashV2(Root), 0, 0, 1, 0).Fits(0));

    [Fact]
    public void A_layer_of_thousands_of_hashes_gives_the_same_nodes_as_a_straightforward_tree()
    {
        byte[] hashes = Hashes(1500);
        var layer = new MerkleLayer(hashes, 3, 3 + 11);
        byte[] found = new byte[32], expected = new byte[32];
        foreach ((int at, int index) in new[] { (3, 7), (3, 1600), (5, 20), (12, 0), (12, 2), (12, 3), (13, 1), (14, 0) })
        {
            layer.Node(at, index, found);
            int width = 1 << (at - 3);
            int first = Math.Min(1500, index * width), end = Math.Min(1500, (index + 1) * width);
            MerkleTree.Root(hashes.AsSpan(first * 32, (end - first) * 32), 3, at - 3, expected);
            Assert.Equal(expected, found);
        }
    }

    [Theory]
    [InlineData(MessageId.HashRequest, 48, ReadResult.Complete)]
    [InlineData(MessageId.HashRequest, 47, ReadResult.Invalid)]
    [InlineData(MessageId.HashReject, 48, ReadResult.Complete)]
    [InlineData(MessageId.HashReject, 49, ReadResult.Invalid)]
    [InlineData(MessageId.Hashes, 48 + 64, ReadResult.Complete)]
    [InlineData(MessageId.Hashes, 48, ReadResult.Invalid)]
    [InlineData(MessageId.Hashes, 48 + 33, ReadResult.Invalid)]
    public void A_message_of_hashes_has_the_required_length(MessageId id, int length, ReadResult expected)
    {
        byte[] message = new byte[5 + length];
        MessageWriter.WriteBody(message, id, new byte[length]);
        Assert.Equal(expected, PeerMessage.TryRead(message, 128 * 1024, out _, out _));
    }

    private static byte[] Hashes(int count) => [.. Enumerable.Range(0, count).SelectMany(i => SHA256.HashData(BitConverter.GetBytes(i)))];

    private static byte[] Node(int layer, long index)
    {
        byte[] hash = new byte[32];
        Tree.Node(layer, index, hash);
        return hash;
    }

    private static byte[] Answer(HashRequest request)
    {
        List<byte> answer = [];
        for (int i = 0; i < request.Length; i++)
            answer.AddRange(Node(request.BaseLayer, request.Index + i));
        for (int i = 0; i < request.UncleCount; i++)
            answer.AddRange(Node(request.BaseLayer + request.Height + i, (request.Index / request.Length >> i) ^ 1));
        return [.. answer];
    }
}
