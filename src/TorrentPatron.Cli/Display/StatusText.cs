using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Display;

/// <summary>A torrent's status in words.</summary>
internal static class StatusText
{
    /// <summary>What changes from moment to moment: rates, peers, the time left.</summary>
    /// <param name="status">The status.</param>
    public static string Activity(TorrentStatus status) => status.State switch
    {
        TorrentState.FetchingMetadata => status.Metadata?.Missing ?? "",
        TorrentState.Downloading => string.Join(", ", Downloading(status)),
        TorrentState.Seeding => $"{Rate(status.UploadRate)} up, {Peers(status)}",
        _ => "",
    };

    /// <summary>A whole line: name, state, progress and what goes on.</summary>
    /// <param name="status">The status.</param>
    public static string Line(TorrentStatus status)
    {
        string activity = Activity(status);
        string progress = status.Metadata is null ? ", " + Percent(status) : "";
        return $"{status.Name}: {status.State}{progress}{(activity.Length == 0 ? "" : ", " + activity)}";
    }

    /// <summary>The progress; never 100 % before it is complete.</summary>
    /// <param name="status">The status.</param>
    public static string Percent(TorrentStatus status) => Percent(status.PercentComplete);

    /// <summary>A progress, rounded down to one digit after the point.</summary>
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
