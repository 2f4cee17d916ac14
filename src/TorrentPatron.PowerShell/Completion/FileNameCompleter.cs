using System.Collections;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes names of the files of torrents that run.</summary>
public sealed class FileNameCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        from torrent in Torrents(bound)
        from file in torrent.Files
        select new Candidate(file.Name, $"{HumanText.Size(file.Length)}, {file.Priority}, {file.TorrentName}", IsPattern: true);
}
