using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Live;

/// <summary>Draws torrents as a table of fixed width: the columns of the view, and a line of sums below.</summary>
/// <param name="colour">Whether states have colours.</param>
/// <param name="cellsOf">How many cells of the screen a text takes.</param>
internal sealed class LiveTable(bool colour, Func<string, int> cellsOf)
{
    /// <summary>Draws the table.</summary>
    /// <param name="statuses">The torrents.</param>
    /// <param name="width">Cells in a line.</param>
    /// <param name="height">Lines, 4 or more.</param>
    /// <returns>Lines, none of them wider, and not more of them.</returns>
    public IReadOnlyList<string> Draw(IReadOnlyList<TorrentStatus> statuses, int width, int height)
    {
        List<string> lines = [Fit(Line("State", "%", "Down", "Up", "ETA", "Peers", "Ratio", "Name"), width)];
        bool hasSums = statuses.Count > 1;
        int room = Math.Max(1, height - 1 - (hasSums ? 1 : 0));
        lines.AddRange(statuses.Take(statuses.Count > room ? room - 1 : room).Select(status => Row(status, width)));
        if (statuses.Count > room)
            lines.Add(Fit($"... and {statuses.Count - room + 1} more", width));
        if (hasSums)
            lines.Add(Fit(Sums(statuses), width));
        return lines;
    }

    private static string Line(string state, string percent, string down, string up, string left, string peers, string ratio, string name) =>
        $"{state,-11} {percent,5} {down,10} {up,10} {left,7} {peers,5} {ratio,5} {name}";

    private static string Cells(TorrentStatus status, string state) => Line(
        state,
        HumanText.Percent(status.PercentComplete),
        HumanText.Rate(status.DownloadRate),
        HumanText.Rate(status.UploadRate),
        HumanText.Duration(status.EstimatedTimeLeft),
        HumanText.Count(status.ConnectedPeers),
        HumanText.Ratio(status.Ratio),
        status.Name);

    private static string Sums(IReadOnlyList<TorrentStatus> statuses) => Line(
        $"{statuses.Count(status => status.IsComplete)} of {statuses.Count}",
        HumanText.Percent(statuses.Sum(status => status.WantedSize) is > 0 and var wanted
            ? 100.0 * statuses.Sum(status => status.CompletedSize) / wanted
            : 100),
        HumanText.Rate(statuses.Sum(status => status.DownloadRate)),
        HumanText.Rate(statuses.Sum(status => status.UploadRate)),
        "",
        HumanText.Count(statuses.Sum(status => status.ConnectedPeers)),
        "",
        "complete");

    private string Row(TorrentStatus status, int width)
    {
        string state = StateText.Plain(status);
        string row = Fit(Cells(status, state), width);

        // Colour takes no room on the screen, so it comes last.
        return colour && row.StartsWith(state, StringComparison.Ordinal) ? StateText.Coloured(status) + row[state.Length..] : row;
    }

    /// <summary>Cuts a line off where the screen ends.</summary>
    private string Fit(string line, int width)
    {
        if (cellsOf(line) <= width)
            return line;
        int length = Math.Min(line.Length, Math.Max(0, width - 1));
        while (length > 0 && cellsOf(line[..length]) > width - 1)
            length--;
        if (length > 0 && char.IsHighSurrogate(line[length - 1]))
            length--;
        return line[..length] + "\u2026";
    }
}
