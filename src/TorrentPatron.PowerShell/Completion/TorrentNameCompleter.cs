using System.Collections;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes names of torrents that run.</summary>
public sealed class TorrentNameCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound)
    {
        // The incomplete argument must not filter the candidates.
        var others = new Hashtable(bound);
        others.Remove("Name");
        return Torrents(others).Select(torrent => new Candidate(torrent.Status.Name, torrent.Status.ToString(), IsPattern: true));
    }
}
