using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Protocol.Tests.Metainfo;

public sealed class MerkleTreeTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 0)]
    [InlineData(16_384, 1, 0)]
    [InlineData(16_385, 2, 1)]
    [InlineData(5 * 16_384, 5, 3)]
    [InlineData(8 * 16_384, 8, 3)]
    public void A_tree_has_a_leaf_for_each_block_and_the_lowest_possible_height(long bytes, long blocks, int height)
    {
        Assert.Equal(blocks, MerkleTree.CountBlocks(bytes));
        Assert.Equal(height, MerkleTree.HeightOf(blocks));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(63)]
    [InlineData(100)]
    [InlineData(128)]
    public void Root_equals_that_of_a_straightforward_tree(int count)
    {
        List<byte[]> hashes = [.. Enumerable.Range(0, count).Select(i => V2Torrent.Root(V2Torrent.Content(i + 1)))];
        byte[] layer = [.. hashes.SelectMany(hash => hash)];
        var root = new byte[32];

        MerkleTree.Root(layer, 0, MerkleTree.HeightOf(count), root);
        Assert.Equal(V2Torrent.Root(hashes), root);
        MerkleTree.Root(layer, 0, 7, root);
        Assert.Equal(V2Torrent.Root(hashes, width: 128), root);
        MerkleTree.Root(layer, 2, 7, root);
        Assert.Equal(V2Torrent.Root(hashes, MerkleTree.PadOf(2).ToArray(), 128), root);
    }

    [Fact]
    public void Root_of_nothing_is_padding()
    {
        var root = new byte[32];
        MerkleTree.Root([], 3, 4, root);
        Assert.Equal(MerkleTree.PadOf(7).ToArray(), root);
        Assert.Equal(new byte[32], MerkleTree.PadOf(0).ToArray());
    }

    [Fact]
    public void Root_refuses_more_hashes_than_fit() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => MerkleTree.Root(new byte[3 * 32], 0, 1, new byte[32]));
}
