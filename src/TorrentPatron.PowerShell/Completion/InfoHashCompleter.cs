using System.Collections;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes info hashes of torrents that run.</summary>
public sealed class InfoHashCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound)
    {
        // The incomplete argument must not filter the candidates.
        var others = new Hashtable(bound);
        others.Remove("InfoHash");
        return Torrents(others).SelectMany(InfoHashes);
    }
}
