using System.Collections;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes names of torrents that are saved and do not run.</summary>
public sealed class SavedNameCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        Saved(bound).Select(torrent => new Candidate(torrent.Name, $"{torrent.InfoHash}, in {torrent.Saved.Destination}", IsPattern: true));
}
