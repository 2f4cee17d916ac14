using System.Collections;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes announce addresses of torrents that run, without the keys in them.</summary>
public sealed class TrackerCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        from torrent in Torrents(bound)
        from tracker in torrent.Trackers
        let isMasked = tracker.MaskedUri.Contains(MaskedAddress.Mask, StringComparison.Ordinal)
            && torrent.Trackers.Count(other => other.MaskedUri == tracker.MaskedUri) == 1
        select new Candidate(
            isMasked ? tracker.MaskedUri : tracker.Uri.OriginalString, $"{tracker.Status}, {tracker.TorrentName}", IsPattern: !isMasked);
}
