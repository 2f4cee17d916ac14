using System.Collections;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes announce addresses of torrents that run.</summary>
public sealed class TrackerCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        from torrent in Torrents(bound)
        from tracker in torrent.Trackers
        select new Candidate(tracker.Uri.OriginalString, $"{tracker.Status}, {tracker.TorrentName}", IsPattern: true);
}
