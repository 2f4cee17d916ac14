using System.Collections;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes names of the machine's network interfaces.</summary>
public sealed class InterfaceCompleter : SessionCompleter
{
    private protected override IEnumerable<Candidate> Candidates(IDictionary bound) =>
        SocketNetwork.InterfaceNames.Select(name => new Candidate(name, "Network interface", IsPattern: false));
}
