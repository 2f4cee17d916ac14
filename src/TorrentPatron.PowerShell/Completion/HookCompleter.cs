using System.Collections;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Completion;

/// <summary>Completes names of the hooks of the service.</summary>
public sealed class HookCompleter : SessionCompleter
{
    /// <summary>Longest wait for a service in another process: the user has only pressed Tab.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private protected override IEnumerable<Candidate> Candidates(IDictionary bound)
    {
        Patron patron = GivenPatron(bound) ?? RunspacePatrons.Current.Default();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            IReadOnlyList<TorrentHook> hooks = Task.Run(() => patron.Service.Hooks.GetAsync(patience.Token)).GetAwaiter().GetResult();
            return [.. hooks.Select(hook => new Candidate(hook.Name, $"{hook}", IsPattern: true))];
        }
        catch (Exception fault) when (fault is TorrentException or OperationCanceledException)
        {
            // Completion fails silently; the command itself reports the error.
            return [];
        }
    }
}
