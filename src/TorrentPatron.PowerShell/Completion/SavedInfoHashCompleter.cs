using System.Collections;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes info hashes of torrents that are saved and do not run.</summary>
public sealed class SavedInfoHashCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        Saved(bound).Select(torrent => new Candidate(torrent.InfoHash, $"{torrent.Name}, in {torrent.Saved.Destination}", IsPattern: false));
}
