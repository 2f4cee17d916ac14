using System.Numerics;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class NodeIdTests
{
    private readonly Random _random = new(5);

    [Fact]
    public void Bytes_survive_a_round_trip()
    {
        byte[] bytes = [.. Enumerable.Range(1, 20).Select(i => (byte)i)];
        var id = new NodeId(bytes);
        var copy = new byte[NodeId.Length];
        id.CopyTo(copy);
        Assert.Equal(bytes, copy);
        Assert.Equal(Convert.ToHexStringLower(bytes), id.ToString());
        Assert.Equal(id, NodeId.Of(new InfoHash(bytes)));
        Assert.Throws<ArgumentException>(() => new NodeId(bytes.AsSpan(1)));
    }

    [Fact]
    public void Common_bits_end_where_the_first_differs()
    {
        NodeId id = NodeId.Create(_random);
        Assert.Equal(160, id.CommonBits(id));
        for (int bit = 0; bit < NodeId.Bits; bit++)
            Assert.Equal(bit, id.CommonBits(id.WithBitFlipped(bit)));
    }

    [Fact]
    public void An_id_created_near_another_has_the_same_prefix()
    {
        NodeId id = NodeId.Create(_random);
        for (int bits = 0; bits <= NodeId.Bits; bits++)
            Assert.InRange(id.CommonBits(id.CreateNear(bits, _random)), bits, NodeId.Bits);
        Assert.Equal(id, id.CreateNear(160, _random));
        Assert.NotEqual(id, id.CreateNear(100, _random));
    }

    [Fact]
    public void The_nearer_of_two_ids_has_the_smaller_exclusive_or()
    {
        for (int round = 0; round < 1000; round++)
        {
            NodeId target = NodeId.Create(_random);
            NodeId left = target.CreateNear(_random.Next(161), _random), right = target.CreateNear(_random.Next(161), _random);
            Assert.Equal(Math.Sign(Distance(target, left).CompareTo(Distance(target, right))), Math.Sign(target.CompareDistance(left, right)));
        }
    }

    private static BigInteger Distance(NodeId a, NodeId b)
    {
        byte[] left = Convert.FromHexString(a.ToString()), right = Convert.FromHexString(b.ToString());
        return new BigInteger([.. left.Zip(right, (x, y) => (byte)(x ^ y))], isUnsigned: true, isBigEndian: true);
    }
}
