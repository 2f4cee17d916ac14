using System.Net;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class SecureNodeIdTests
{
    [Theory]
    [InlineData("124.31.75.21", "5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401")]
    [InlineData("21.75.31.124", "5a3ce9c14e7a08645677bbd1cfe7d8f956d53256")]
    [InlineData("65.23.51.170", "a5d43220bc8f112a3d426c84764f8c2a1150e616")]
    [InlineData("84.124.73.14", "1b0321dd1bb1fe518101ceef99462b947a01ff41")]
    [InlineData("43.213.53.83", "e56f6cbf5b7c4be0237986d5243b87aa6d51305a")]
    public void The_vectors_of_BEP_42_are_valid_and_others_are_not(string address, string id)
    {
        var node = new NodeId(Convert.FromHexString(id));
        IPAddress ip = IPAddress.Parse(address);
        Assert.True(SecureNodeId.IsValid(node, ip));
        Assert.True(SecureNodeId.IsValid(node, ip.MapToIPv6()));
        for (int bit = 0; bit < 21; bit++)
            Assert.False(SecureNodeId.IsValid(node.WithBitFlipped(bit), ip));
        for (int bit = 21; bit < 157; bit++)
            Assert.True(SecureNodeId.IsValid(node.WithBitFlipped(bit), ip));
        Assert.False(SecureNodeId.IsValid(node, IPAddress.Parse("8.8.8.8")));
    }

    [Theory]
    [InlineData("124.31.75.21")]
    [InlineData("2001:db8:123:4567::1")]
    public void An_id_made_for_an_address_is_valid_there(string address)
    {
        var random = new Random(42);
        IPAddress ip = IPAddress.Parse(address);
        for (int i = 0; i < 100; i++)
            Assert.True(SecureNodeId.IsValid(SecureNodeId.Create(ip, random), ip));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.1.1")]
    [InlineData("172.16.1.1")]
    [InlineData("::1")]
    public void In_a_local_network_any_id_is_valid(string address) =>
        Assert.True(SecureNodeId.IsValid(NodeId.Create(new Random(1)), IPAddress.Parse(address)));
}
