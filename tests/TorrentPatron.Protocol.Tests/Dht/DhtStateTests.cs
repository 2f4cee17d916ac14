using System.Net;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class DhtStateTests
{
    private readonly Random _random = new(1);

    [Fact]
    public void Saved_nodes_are_read_up_to_a_bound()
    {
        NodeContact[] nodes =
        [
            .. Enumerable.Range(0, 300).Select(i => new NodeContact(NodeId.Create(_random), new IPEndPoint(new IPAddress([50, 1, (byte)(i >> 8), (byte)i]), 6881))),
            new NodeContact(NodeId.Create(_random), IPEndPoint.Parse("[2001:db8::1]:6881")),
        ];
        byte[] bytes = new DhtState { Nodes = nodes }.ToBytes();

        Assert.InRange(bytes.Length, 1, 10_000);
        Assert.True(DhtState.TryRead(bytes, out DhtState? state));
        Assert.Equal([.. nodes.Take(DhtState.MaxNodes), nodes[^1]], state.Nodes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("le")]
    [InlineData("d5:nodes5:abc")]
    [InlineData("de garbage")]
    public void Damaged_data_is_refused(string text) => Assert.False(DhtState.TryRead(System.Text.Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void Invalid_entries_are_skipped()
    {
        Assert.True(DhtState.TryRead("d5:nodesi1e6:nodes63:abc1:xlee"u8.ToArray(), out DhtState? state));
        Assert.Empty(state.Nodes);
    }
}
