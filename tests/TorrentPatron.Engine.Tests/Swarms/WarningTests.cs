using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Trackers;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class WarningTests
{
    [Theory]
    [InlineData(true, "no source of peers but its trackers")]
    [InlineData(false, "peers come from elsewhere")]
    public void The_remedy_for_a_tracker_that_fails_speaks_of_other_sources_only_where_there_may_be_some(bool isPrivate, string expected)
    {
        var tracker = new TrackerSnapshot { Uri = new Uri("http://t.example/a"), Tier = 0, Status = TrackerStatus.Failed, Message = "no" };

        TorrentError warning = Assert.Single(HostErrors.Warnings(state: null, saving: null, [tracker], isPrivate));

        Assert.Equal("The tracker at t.example says: no", warning.Message);
        Assert.Contains(expected, warning.Remedy, StringComparison.Ordinal);
    }
}
