using System.Globalization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Display;

/// <summary>A torrent's status as text.</summary>
internal static class StatusText
{
    /// <summary>The current activity: rates, peers, the time left.</summary>
    /// <param name="status">The status.</param>
    public static string Activity(TorrentStatus status) => status.State switch
    {
        TorrentState.FetchingMetadata => status.Metadata?.Missing ?? "",
        TorrentState.Downloading => string.Join(", ", Downloading(status)),
        TorrentState.Queued when status.QueuePosition is { } position => $"position {position} in the queue",
        TorrentState.Seeding => $"{Rate(status.UploadRate)} up, {Peers(status)}",
        _ => "",
    };

    /// <summary>A line with the name, state, progress and activity.</summary>
    /// <param name="status">The status.</param>
    public static string Line(TorrentStatus status)
    {
        string activity = Activity(status);
        string progress = status.Metadata is null ? ", " + Percent(status) : "";
        return $"{status.Name}: {status.State}{progress}{(activity.Length == 0 ? "" : ", " + activity)}";
    }

    /// <summary>The full status, in lines that begin with a label.</summary>
    /// <param name="status">The status.</param>
    public static List<string> Details(TorrentStatus status)
    {
        var lines = new List<string> { status.Name };
        Add("Info hash", status.InfoHash);
        Add("Info hash", status.OtherInfoHash);
        Add("State", $"{status.State}, {(status.Metadata is null ? Percent(status) : "no metadata yet")}");
        Add("Size", $"{ByteSize.Format(status.CompletedSize)} of {ByteSize.Format(status.WantedSize)} wanted, {ByteSize.Format(status.TotalSize)} in all");
        Add("Now", Activity(status));
        Add("Received", ByteSize.Format(status.BytesReceived));
        Add("Sent", FormattableString.Invariant($"{ByteSize.Format(status.BytesSent)}, ratio {status.Ratio:0.00}"));
        Add("Path", status.Path);
        Add("Added", status.AddedAt.ToString("u", CultureInfo.InvariantCulture));
        Add("Completed", status.CompletedAt?.ToString("u", CultureInfo.InvariantCulture));
        Add("Tags", string.Join(", ", status.Tags));
        foreach (TrackerSnapshot tracker in status.Trackers)
            Add("Tracker", tracker.Message is null ? tracker.ToString() : $"{tracker}: {tracker.Message}");
        Add("Error", status.Error?.ToString());
        foreach (TorrentError warning in status.Warnings)
            Add("Warning", warning.ToString());
        return lines;

        void Add(string label, string? text)
        {
            if (!string.IsNullOrEmpty(text))
                lines.Add($"  {label + ":",-11}{text}");
        }
    }

    /// <summary>The progress; never 100 % before completion.</summary>
    /// <param name="status">The status.</param>
    public static string Percent(TorrentStatus status) => Percent(status.PercentComplete);

    /// <summary>A progress, rounded down to one decimal.</summary>
    /// <param name="percent">0 to 100.</param>
    public static string Percent(double percent) => $"{Math.Floor(percent * 10) / 10:0.0} %";

    /// <summary>A rate.</summary>
    /// <param name="bytesPerSecond">Bytes/s.</param>
    public static string Rate(double bytesPerSecond) => ByteSize.FormatRate(bytesPerSecond);

    private static IEnumerable<string> Downloading(TorrentStatus status)
    {
        yield return $"{Rate(status.DownloadRate)} down";
        yield return Peers(status);
        if (status.EstimatedTimeLeft is { } left)
            yield return $"{Duration.Format(left)} left";
    }

    private static string Peers(TorrentStatus status) => status.ConnectedPeers == 1 ? "1 peer" : $"{status.ConnectedPeers} peers";
}
