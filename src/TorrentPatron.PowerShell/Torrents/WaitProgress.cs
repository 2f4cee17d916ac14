using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Describes the progress of torrents that are waited for, all as one.</summary>
/// <param name="torrents">The torrents.</param>
internal sealed class WaitProgress(IReadOnlyList<TorrentTarget> torrents)
{
    /// <summary>The current progress.</summary>
    public ProgressNote Note() => Of([.. torrents.Select(torrent => torrent.Latest)]);

    /// <summary>The progress from given statuses.</summary>
    internal static ProgressNote Of(IReadOnlyList<TorrentStatus> statuses)
    {
        long wanted = statuses.Sum(status => status.WantedSize);
        long completed = statuses.Sum(status => status.CompletedSize);
        long rate = statuses.Sum(status => status.DownloadRate);
        int peers = statuses.Sum(status => status.ConnectedPeers);
        double percent = statuses is [{ State: TorrentState.Checking or TorrentState.Moving } only] ? only.PercentComplete
            : wanted > 0 ? 100.0 * completed / wanted
            : 100;
        TimeSpan? left = rate > 0 && completed < wanted
            ? TimeSpan.FromSeconds(Math.Min((wanted - completed) / (double)rate, int.MaxValue))
            : null;

        string what = statuses is [{ } one] ? one.Name : $"{statuses.Count} torrents";
        string status = $"{HumanText.Percent(percent)} % of {HumanText.Size(wanted)}";
        if (statuses is [{ Metadata: { } metadata }])
            (status, percent) = (metadata.Missing, -1);
        else if (rate > 0)
            status += $", {HumanText.Rate(rate)}";
        return new ProgressNote(
            $"{Activity(statuses)} {what}", $"{status}, {HumanText.Peers(peers)}", (int)Math.Clamp(percent, -1, 100), left);
    }

    private static string Activity(IReadOnlyList<TorrentStatus> statuses)
    {
        if (statuses.All(status => status.IsDone() && status.State is not (TorrentState.Moving or TorrentState.Queued)))
            return "Seeding";
        TorrentState first = statuses[0].State;
        return statuses.Any(status => status.State != first) ? "Downloading" : first switch
        {
            TorrentState.Checking => "Checking",
            TorrentState.Moving => "Moving",
            TorrentState.FetchingMetadata => "Fetching the metadata of",
            TorrentState.Queued => "Waiting in the queue:",
            _ => "Downloading",
        };
    }
}
