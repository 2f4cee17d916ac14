using TorrentPatron.Engine.Peers;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class IdleReadDelayTests
{
    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 4)]
    public void A_rest_is_twice_as_long_if_nothing_is_urgent(bool isUrgent, int looks)
    {
        var rest = new IdleReadDelay();
        for (int round = 0; round < 2; round++)
        {
            Task resting = rest.WaitAsync();
            for (int look = 1; look < looks; look++)
                rest.Look(payload: 0, isUrgent);

            Assert.False(resting.IsCompleted);
            Assert.True(rest.IsResting);
            rest.Look(payload: 0, isUrgent);
            Assert.True(resting.IsCompleted);
        }
    }

    [Fact]
    public void A_rest_ends_as_soon_as_something_becomes_urgent()
    {
        var rest = new IdleReadDelay();
        Task resting = rest.WaitAsync();
        rest.Look(payload: 0, isUrgent: false);
        rest.Look(payload: 0, isUrgent: false);
        Assert.False(resting.IsCompleted);

        rest.Look(payload: 0, isUrgent: true);

        Assert.True(resting.IsCompleted);
    }

    [Fact]
    public void A_peer_is_idle_until_payload_moves()
    {
        var rest = new IdleReadDelay();
        for (int look = 0; look < 5; look++)
            rest.Look(payload: 0, isUrgent: true);
        Assert.True(rest.IsIdle);

        rest.Look(payload: 1, isUrgent: true);

        Assert.False(rest.IsIdle);
    }
}
