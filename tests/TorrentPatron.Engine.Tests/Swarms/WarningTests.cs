using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Trackers;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class WarningTests
{
    [Theory]
    [InlineData(true, "gets peers only from its trackers")]
    [InlineData(false, "uses its other sources of peers")]
    public void The_remedy_for_a_failing_tracker_mentions_other_sources_only_for_public_torrents(bool isPrivate, string expected)
    {
        var tracker = new TrackerSnapshot { Uri = new Uri("http://t.example/a"), Tier = 0, Status = TrackerStatus.Failed, Message = "no" };

        TorrentError warning = Assert.Single(HostErrors.Warnings(state: null, saving: null, [tracker], isPrivate));

        Assert.Equal("The tracker at t.example says: no", warning.Message);
        Assert.Contains(expected, warning.Remedy, StringComparison.Ordinal);
    }
}
