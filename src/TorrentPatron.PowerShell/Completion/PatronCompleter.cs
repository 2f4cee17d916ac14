using System.Collections;
using TorrentPatron.PowerShell.Hosting;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes names of the session's patrons.</summary>
public sealed class PatronCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        from patron in RunspacePatrons.Current.Patrons
        let torrents = patron.OwnStatuses.Count
        select new Candidate(patron.Name, torrents == 1 ? "1 torrent" : $"{torrents} torrents", IsPattern: true);
}
