using System.Collections;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes info hashes of torrents that run or are saved.</summary>
public sealed class KnownInfoHashCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound)
    {
        var patron = new Hashtable { ["Patron"] = bound["Patron"] };
        return Torrents(patron).SelectMany(InfoHashes)
            .Concat(Saved(patron).Select(torrent => new Candidate(torrent.InfoHash, torrent.Name, IsPattern: false)));
    }
}
