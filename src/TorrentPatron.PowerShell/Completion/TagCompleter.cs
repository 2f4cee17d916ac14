using System.Collections;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes tags of torrents that run.</summary>
public sealed class TagCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        from torrent in Torrents(new Hashtable { ["Patron"] = bound["Patron"] })
        from tag in torrent.Status.Tags
        group torrent by tag into tagged
        orderby tagged.Key
        select new Candidate(tagged.Key, string.Join(", ", tagged.Select(torrent => torrent.Status.Name).Take(5)), IsPattern: false);
}
