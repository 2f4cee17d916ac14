using TorrentPatron.Engine.Peers;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerStandingTests
{
    private readonly PeerStanding _standing = new();

    [Fact]
    public void Measure_takes_the_first_rate_unchanged_and_smooths_later_ones()
    {
        _standing.Measure(2000, 500, seconds: 2);
        Assert.Equal((1000, 250), (_standing.DownloadRate, _standing.UploadRate));

        _standing.Measure(4000, 500, seconds: 1);
        Assert.Equal((1400, 150), (_standing.DownloadRate, _standing.UploadRate));
    }

    [Fact]
    public void A_peer_that_stops_sending_is_soon_idle()
    {
        _standing.Measure(1_000_000, 0, seconds: 1);
        for (int second = 0; second < 40; second++)
            _standing.Measure(1_000_000, 0, seconds: 1);
        Assert.Equal(0, _standing.DownloadRate);
    }
}
