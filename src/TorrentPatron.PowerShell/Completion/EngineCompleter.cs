using System.Collections;
using TorrentPatron.Service.Engines;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes names of engines that are installed.</summary>
public sealed class EngineCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        EngineCatalog.Installed.Names.Select(name => new Candidate(name, name, IsPattern: false));
}
