using System.Text;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Live;

/// <summary>
/// Draws torrents as a table that fits the screen. A narrow screen drops columns in favour of the name; on a low one active torrents come
/// first and a line counts those that are not shown.
/// </summary>
/// <param name="colour">Whether states have colours.</param>
/// <param name="cellsOf">How many cells of the screen a text takes.</param>
internal sealed class LiveTable(bool colour, Func<string, int> cellsOf)
{
    private const int NameCells = 16;

    private static readonly Column[] Columns =
    [
        new("State", -11, Rank: 0, StateText.Plain, all => $"{all.Count(status => status.IsComplete)} of {all.Count}"),
        new("%", 5, Rank: 1, status => HumanText.Percent(status.PercentComplete), PercentOf),
        new("Down", 10, Rank: 2, status => HumanText.Rate(status.DownloadRate), all => HumanText.Rate(all.Sum(status => status.DownloadRate))),
        new("Up", 10, Rank: 4, status => HumanText.Rate(status.UploadRate), all => HumanText.Rate(all.Sum(status => status.UploadRate))),
        new("ETA", 7, Rank: 3, status => HumanText.Duration(status.EstimatedTimeLeft), _ => ""),
        new("Peers", 5, Rank: 5, status => HumanText.Count(status.ConnectedPeers), all => HumanText.Count(all.Sum(status => status.ConnectedPeers))),
        new("Ratio", 5, Rank: 6, status => HumanText.Ratio(status.Ratio), _ => ""),
    ];

    /// <summary>Draws the table.</summary>
    /// <param name="statuses">The torrents.</param>
    /// <param name="width">Cells in a line.</param>
    /// <param name="height">Lines, 4 or more.</param>
    /// <returns>At most that many lines, none wider than the width.</returns>
    public IReadOnlyList<string> Draw(IReadOnlyList<TorrentStatus> statuses, int width, int height)
    {
        Column[] columns = ColumnsFor(width);
        List<string> lines = [Fit(Line(columns, column => column.Label, "Name"), width)];
        bool hasSums = statuses.Count > 1;
        int room = Math.Max(1, height - 1 - (hasSums ? 1 : 0));
        if (statuses.Count <= room)
        {
            lines.AddRange(statuses.Select(status => Row(columns, status, width)));
        }
        else
        {
            TorrentStatus[] ordered = [.. statuses.OrderBy(PlaceOf)];
            lines.AddRange(ordered.Take(room - 1).Select(status => Row(columns, status, width)));
            lines.Add(Fit(Rest(ordered[(room - 1)..]), width));
        }

        if (hasSums)
            lines.Add(Fit(Line(columns, column => column.Sum(statuses), "complete"), width));
        return lines;
    }

    private static Column[] ColumnsFor(int width)
    {
        List<Column> columns = [.. Columns];
        while (columns.Count > 1 && columns.Sum(column => Math.Abs(column.Width) + 1) + NameCells > width)
            columns.Remove(columns.MaxBy(column => column.Rank)!);
        return [.. columns];
    }

    private static string Line(Column[] columns, Func<Column, string> cell, string name)
    {
        var line = new StringBuilder();
        foreach (Column column in columns)
        {
            string text = cell(column);
            line.Append(column.Width < 0 ? text.PadRight(-column.Width) : text.PadLeft(column.Width)).Append(' ');
        }

        return line.Append(name).ToString();
    }

    private static string PercentOf(IReadOnlyList<TorrentStatus> all)
    {
        long wanted = all.Sum(status => status.WantedSize);
        return HumanText.Percent(wanted > 0 ? 100.0 * all.Sum(status => status.CompletedSize) / wanted : 100);
    }

    /// <summary>A torrent's rank when not all fit: active torrents and those that need attention come first.</summary>
    private static int PlaceOf(TorrentStatus status) => status.State switch
    {
        TorrentState.Downloading when !status.IsStalled => 0,
        TorrentState.Checking or TorrentState.Moving or TorrentState.FetchingMetadata => 1,
        TorrentState.Downloading => 2,
        TorrentState.Failed => 3,
        TorrentState.Seeding when status.UploadRate > 0 => 4,
        TorrentState.Seeding => 5,
        TorrentState.Queued => 6,
        _ => 7,
    };

    private static string Rest(TorrentStatus[] hidden) => $"... and {hidden.Length} more: "
        + string.Join(", ", hidden.GroupBy(StateText.Plain).Select(state => $"{state.Count()} {state.Key}"));

    private string Row(Column[] columns, TorrentStatus status, int width)
    {
        string state = StateText.Plain(status);
        string row = Fit(Line(columns, column => column.Cell(status), status.Name), width);

        // Colour codes take no cells, so they are added last.
        return colour && row.StartsWith(state, StringComparison.Ordinal) ? StateText.Coloured(status) + row[state.Length..] : row;
    }

    /// <summary>Cuts a line to the width of the screen.</summary>
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

    /// <summary>A column before the name.</summary>
    /// <param name="Label">Its heading.</param>
    /// <param name="Width">Cells; negative for text that starts at the left.</param>
    /// <param name="Rank">Columns of the highest rank are dropped first on a narrow screen.</param>
    /// <param name="Cell">Its text for a torrent.</param>
    /// <param name="Sum">Its text for the totals.</param>
    private sealed record Column(
        string Label, int Width, int Rank, Func<TorrentStatus, string> Cell, Func<IReadOnlyList<TorrentStatus>, string> Sum);
}
