using System.Net;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class AddressPollTests
{
    private static readonly IPAddress Ours = IPAddress.Parse("50.1.1.1");

    private readonly AddressPoll _poll = new();

    [Fact]
    public void The_majority_counts()
    {
        for (int i = 0; i < AddressPoll.Voters - 1; i++)
            Assert.False(_poll.Vote(Voter(i), i % 3 == 0 ? Voter(i) : Ours));
        Assert.True(_poll.Vote(Voter(100), Ours));
        Assert.Equal(Ours, _poll.Address);
        for (int i = 0; i < AddressPoll.Voters; i++)
            Assert.False(_poll.Vote(Voter(i), Ours));
    }

    [Fact]
    public void A_node_that_votes_often_has_one_vote()
    {
        for (int i = 0; i < 1000; i++)
            Assert.False(_poll.Vote(Voter(1), Ours));
        Assert.Null(_poll.Address);
    }

    [Theory]
    [InlineData("60.1.1.{0}")]
    [InlineData("2001:db8::{0}")]
    public void A_network_with_many_addresses_has_one_vote(string address)
    {
        for (int i = 1; i < 250; i++)
            Assert.False(_poll.Vote(IPAddress.Parse(string.Format(System.Globalization.CultureInfo.InvariantCulture, address, i)), Ours));
        Assert.Null(_poll.Address);
    }

    [Fact]
    public void Without_agreement_nothing_changes()
    {
        for (int i = 0; i < 10 * AddressPoll.Voters; i++)
            Assert.False(_poll.Vote(Voter(i % 250), Voter(i % 250)));
        Assert.Null(_poll.Address);
    }

    [Fact]
    public void Reports_from_or_about_local_addresses_do_not_count()
    {
        for (int i = 0; i < 100; i++)
        {
            Assert.False(_poll.Vote(Voter(i), IPAddress.Parse("192.168.1.1")));
            Assert.False(_poll.Vote(new IPAddress([10, 1, 1, (byte)i]), Ours));
        }

        Assert.Null(_poll.Address);
    }

    private static IPAddress Voter(int i) => new([60, (byte)i, 1, 1]);
}
