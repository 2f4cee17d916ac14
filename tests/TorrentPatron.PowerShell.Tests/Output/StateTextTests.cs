using System.Text.RegularExpressions;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Tests.Output;

public sealed partial class StateTextTests
{
    public static TheoryData<TorrentState> States { get; } = [.. Enum.GetValues<TorrentState>()];

    [Theory]
    [MemberData(nameof(States))]
    public void Every_state_fits_its_column_and_has_a_colour_that_ends_with_it(TorrentState state)
    {
        string plain = StateText.Plain(Status(state));
        string coloured = StateText.Coloured(Status(state));

        Assert.InRange(plain.Length, 1, 11);
        Assert.Equal(plain, Colour().Replace(coloured, ""));
        Assert.EndsWith("\e[0m", coloured, StringComparison.Ordinal);
    }

    [Fact]
    public void A_torrent_that_downloads_nothing_is_called_stalled() =>
        Assert.Equal("Stalled", StateText.Plain(Status(TorrentState.Downloading) with { IsStalled = true }));

    private static TorrentStatus Status(TorrentState state) =>
        new() { Name = "a", InfoHash = new string('0', 40), State = state, Destination = "/", Path = "/a" };

    [GeneratedRegex("\e\\[[0-9;]*m")]
    private static partial Regex Colour();
}
