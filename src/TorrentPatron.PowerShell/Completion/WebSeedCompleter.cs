using System.Collections;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes addresses of web seeds of torrents that run, without the passwords and keys in them.</summary>
public sealed class WebSeedCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        from torrent in Torrents(bound)
        from seed in torrent.WebSeeds
        let isMasked = seed.MaskedUri.Contains(MaskedAddress.Mask, StringComparison.Ordinal)
            && torrent.WebSeeds.Count(other => other.MaskedUri == seed.MaskedUri) == 1
        select new Candidate(isMasked ? seed.MaskedUri : seed.Uri.OriginalString, $"{seed.Status}, {seed.TorrentName}", IsPattern: !isMasked);
}
