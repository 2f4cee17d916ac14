using System.Management.Automation;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Units;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that works for a given patron, or for the session.</summary>
public abstract class PatronCmdlet : PipelineCmdlet
{
    private TorrentTrace? _trace;

    /// <summary>The patron. Without one, cmdlets that start torrents use the session's default.</summary>
    [Parameter]
    [PatronTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNull]
    public Patron? Patron { get; set; }

    /// <inheritdoc cref="PipelineCmdlet.Session"/>
    /// <remarks>A cmdlet with a patron does not attach the session to a service.</remarks>
    private protected new SessionPatrons Session => Patron is null ? base.Session : RunspacePatrons.Current;

    /// <summary>The network of the patron's service, or of the session's own. On the pipeline thread.</summary>
    private protected INetwork Network => Patron?.Service.Network ?? Session.Network;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _trace?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// Begins to record the torrents' events if <c>-Debug</c> or <c>-Verbose</c> is on; a wait writes them.
    /// On the pipeline thread.
    /// </summary>
    private protected void BeginTrace()
    {
        bool isDebug = IsShown("Debug"), isVerbose = IsShown("Verbose");
        if (isDebug || isVerbose)
            _trace ??= new TorrentTrace(isVerbose, isDebug);

        bool IsShown(string stream) => MyInvocation.BoundParameters.TryGetValue(stream, out object? given)
            ? given is SwitchParameter { IsPresent: true }
            : GetVariableValue($"{stream}Preference")?.ToString() is not (null or "" or "SilentlyContinue" or "Ignore");
    }

    /// <summary>Waits for torrents, running the work as <see cref="PipelineCmdlet.Run"/> does, and writes their events meanwhile.</summary>
    /// <param name="nameOf">The name of a torrent that is waited for, from its info hash; null for any other torrent.</param>
    /// <param name="work">The wait.</param>
    private protected void RunWaiting(Func<string, string?> nameOf, Func<ICommandOutput, CancellationToken, Task> work)
    {
        BeginTrace();
        if (_trace is { } trace)
        {
            trace.NameOf = nameOf;
            Run((output, cancellation) => trace.WriteWhileAsync(work(output, cancellation), output, cancellation));
        }
        else
        {
            Run(work);
        }

        WarnOfCutOffs(RunspacePatrons.Current);
    }

    /// <summary>Waits for torrents that run.</summary>
    private protected void RunWaiting(IReadOnlyList<TorrentTarget> torrents, Func<ICommandOutput, CancellationToken, Task> work) =>
        RunWaiting(id => torrents.FirstOrDefault(torrent => torrent.Status.InfoHash == id)?.Latest.Name, work);

    /// <summary>Reads the peers of the command line; an invalid one ends the command. On the pipeline thread.</summary>
    private protected IReadOnlyList<IPEndPoint> RequirePeers(string[] given)
    {
        INetwork network = Network;
        IReadOnlyList<IPEndPoint> peers = [];
        Run(async (_, cancellation) => peers = await PeerAddress.ReadAsync(given, network, cancellation).ConfigureAwait(false));
        return peers;
    }

    /// <summary>Reads the peers of a record and reports an invalid one. On the pipeline thread.</summary>
    /// <returns>The peers; null if one is invalid.</returns>
    private protected IReadOnlyList<IPEndPoint>? ReadPeers(string[] given)
    {
        INetwork network = Network;
        IReadOnlyList<IPEndPoint>? peers = null;
        TorrentException? failure = null;
        Run(async (_, cancellation) =>
        {
            try
            {
                peers = await PeerAddress.ReadAsync(given, network, cancellation).ConfigureAwait(false);
            }
            catch (TorrentException fault)
            {
                failure = fault;
            }
        });
        if (failure is not null)
            Fail(failure.Error, string.Join(", ", given));
        return peers;
    }

    /// <summary>
    /// The torrents that are saved in the state folder of a patron, or of all the session's patrons, and do not run. On the pipeline thread;
    /// an unreadable folder ends the command.
    /// </summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron) => SavedTargets(patron, SavedTarget.Of);

    /// <summary>The saved torrents with this info hash or prefix of one.</summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, string infoHash) => TorrentId.TryParse(infoHash, out TorrentId torrent)
        ? SavedTargets(patron, any => SavedTarget.Find(any, torrent))
        : SavedTarget.Find(SavedTargets(patron), infoHash);

    /// <summary>The saved torrents that an object refers to.</summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, TorrentReference torrent) =>
        [.. SavedTargets(patron, torrent.InfoHash).Where(saved => torrent.IsOf(saved.Name))];

    /// <summary>The saved torrents that the parameters select, without duplicates. Reports each name that selects none.</summary>
    /// <param name="patron">The patron; null means all the session's patrons.</param>
    /// <param name="names">Names or patterns; null means all.</param>
    /// <param name="infoHashes">Info hashes or their prefixes.</param>
    /// <param name="objects">Objects that identify a torrent.</param>
    private protected IReadOnlyList<SavedTarget> SelectSaved(Patron? patron, string[]? names, string[] infoHashes, object[] objects)
    {
        if (names is null && infoHashes.Length + objects.Length == 0)
            return SavedTargets(patron);

        var found = new List<SavedTarget>();
        foreach (TorrentReference torrent in objects.Select(TorrentReference.Of).OfType<TorrentReference>())
            Add(SavedTargets(patron, torrent), $"{torrent.Given}", torrent.Given);
        foreach (string text in infoHashes)
            Add(SavedTargets(patron, text), text, text);
        foreach (NamePattern name in (names ?? []).Select(text => new NamePattern(text)))
            Add(SavedTargets(patron, name), name.HasWildcards ? null : name.Text, name.Text);
        return [.. found.Distinct()];

        void Add(IReadOnlyList<SavedTarget> saved, string? promised, object given)
        {
            found.AddRange(saved);
            if (saved.Count == 0 && promised is not null)
                Fail(CommandErrors.NotSaved(promised), given);
        }
    }

    /// <summary>The saved torrents that match a name, a pattern, an info hash or the prefix of one.</summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, NamePattern name)
    {
        IReadOnlyList<SavedTarget> all = SavedTargets(patron);
        IReadOnlyList<SavedTarget> found = name.Find(all, saved => [saved.Name]);
        return found.Count > 0 ? found : SavedTarget.Find(all, name.Text);
    }

    private IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, Func<Patron, IEnumerable<SavedTarget>> find)
    {
        try
        {
            IEnumerable<Patron> patrons = patron is null ? Session.Patrons.Append(Session.Default()).DistinctBy(any => any.Service) : [patron];
            return [.. patrons.SelectMany(find)];
        }
        catch (TorrentException fault)
        {
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(fault.Error, patron, fault.InnerException)));
            throw;
        }
    }
}
