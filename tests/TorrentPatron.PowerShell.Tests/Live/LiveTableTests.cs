using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Live;

namespace TorrentPatron.PowerShell.Tests.Live;

public sealed class LiveTableTests
{
    private static readonly TorrentStatus Status = new()
    {
        Name = "a name",
        InfoHash = new string('0', 40),
        State = TorrentState.Downloading,
        Destination = "/",
        Path = "/a name",
        PercentComplete = 12.34,
        WantedSize = 1000,
        CompletedSize = 123,
        DownloadRate = 3 << 20,
        EstimatedTimeLeft = TimeSpan.FromSeconds(90),
        ConnectedPeers = 4,
        Ratio = 0.5,
    };

    [Fact]
    public void A_torrent_is_a_line_in_the_columns_of_the_view() => Assert.Equal(
        [
            "State           %       Down         Up     ETA Peers Ratio Name",
            "Downloading  12.3 3.00 MiB/s             1m 30s     4  0.50 a name",
        ],
        Table().Draw([Status], width: 79, height: 20));

    [Fact]
    public void Several_torrents_have_totals_below() => Assert.Equal(
        "1 of 2       56.1 6.00 MiB/s                        8       complete",
        Table().Draw([Status, Status with { IsComplete = true, CompletedSize = 1000 }], width: 79, height: 20)[^1]);

    [Fact]
    public void Active_torrents_come_first_on_a_small_screen_and_the_others_are_counted_by_state()
    {
        TorrentStatus seeding = Status with { Name = "seeds", State = TorrentState.Seeding, IsComplete = true };
        TorrentStatus[] statuses =
        [
            .. Enumerable.Repeat(seeding, 149),
            Status with { Name = "stalled", IsStalled = true },
            Status with { Name = "failed", State = TorrentState.Failed },
            .. Enumerable.Repeat(seeding with { State = TorrentState.Suspended }, 45),
            Status with { Name = "active" }, Status with { Name = "checked", State = TorrentState.Checking }, Status with { Name = "active too" },
            seeding with { Name = "uploads", UploadRate = 1 },
        ];

        IReadOnlyList<string> lines = Table().Draw(statuses, width: 79, height: 10);

        Assert.Equal(10, lines.Count);
        Assert.Equal(
            ["active", "active too", "checked", "stalled", "failed", "uploads", "seeds"],
            lines.Skip(1).SkipLast(2).Select(line => line[60..]));
        Assert.Equal("... and 193 more: 148 Seeding, 45 Suspended", lines[^2]);
        Assert.StartsWith("195 of 200 ", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Torrents_keep_their_order_if_all_fit() => Assert.Equal(
        ["first", "second"],
        Table().Draw([Status with { Name = "first", State = TorrentState.Suspended }, Status with { Name = "second" }], 79, 10)
            .Skip(1).SkipLast(1).Select(line => line[60..]));

    [Theory]
    [InlineData(119, "State           %       Down         Up     ETA Peers Ratio Name")]
    [InlineData(79, "State           %       Down         Up     ETA Peers Ratio Name")]
    [InlineData(70, "State           %       Down         Up     ETA Peers Name")]
    [InlineData(59, "State           %       Down     ETA Name")]
    [InlineData(39, "State           % Name")]
    public void A_narrow_screen_has_fewer_columns_and_space_for_the_name(int width, string heading)
    {
        IReadOnlyList<string> lines = Table().Draw([Status with { Name = "sixteen letters." }], width, 10);

        Assert.Equal(heading, lines[0]);
        Assert.EndsWith(" sixteen letters.", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(79)]
    [InlineData(40)]
    [InlineData(1)]
    public void No_line_is_wider_than_the_screen_regardless_of_the_name(int width)
    {
        TorrentStatus wide = Status with { Name = string.Concat(Enumerable.Repeat("\u65e5\u672c\ud83d\ude00", 40)) };
        static int Cells(string text) => text.EnumerateRunes().Sum(rune => rune.Value > 0x2fff ? 2 : 1);

        Assert.All(new LiveTable(colour: false, Cells).Draw([wide, wide], width, 10), line =>
        {
            Assert.InRange(Cells(line), 1, width);
            Assert.DoesNotContain("\ufffd", line, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Only_the_state_is_coloured()
    {
        string line = new LiveTable(colour: true, text => text.Length).Draw([Status with { State = TorrentState.Failed }], 79, 10)[1];
        Assert.StartsWith("\e[31;1mFailed\e[0m       12.3", line, StringComparison.Ordinal);
    }

    private static LiveTable Table() => new(colour: false, text => text.Length);
}
