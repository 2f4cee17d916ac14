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

/// <summary>A cmdlet that works for a patron: the one given, or the session.</summary>
public abstract class PatronCmdlet : PipelineCmdlet
{
    private TorrentTrace? _trace;

    /// <summary>The patron. What starts torrents uses the session's own where none is given.</summary>
    [Parameter]
    [PatronTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNull]
    public Patron? Patron { get; set; }

    /// <inheritdoc cref="PipelineCmdlet.Session"/>
    /// <remarks>Whoever names a patron needs no other.</remarks>
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
    /// Takes what happens in torrents from now on, where <c>-Debug</c> or <c>-Verbose</c> asks for it; a wait writes it.
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

    /// <summary>Waits for torrents, as <see cref="PipelineCmdlet.Run"/> does work; what happens in them meanwhile is written.</summary>
    /// <param name="nameOf">Names a torrent that is waited for, by its info hash; null: it is not.</param>
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

    /// <summary>Reads the peers of the command line; one that cannot be used ends the command. On the pipeline thread.</summary>
    private protected IReadOnlyList<IPEndPoint> RequirePeers(string[] given)
    {
        INetwork network = Network;
        IReadOnlyList<IPEndPoint> peers = [];
        Run(async (_, cancellation) => peers = await PeerAddress.ReadAsync(given, network, cancellation).ConfigureAwait(false));
        return peers;
    }

    /// <summary>Reads the peers that a record names, and reports one that cannot be used. On the pipeline thread.</summary>
    /// <returns>The peers; null where one cannot be used.</returns>
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
    /// The torrents that are saved in the state folders of a patron, or else of all the session's, and do not run. On the
    /// pipeline thread; a folder that cannot be read ends the command.
    /// </summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron) => SavedTargets(patron, SavedTarget.Of);

    /// <summary>Those of them that have an info hash, or whose info hash begins so.</summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, string infoHash) => TorrentId.TryParse(infoHash, out TorrentId torrent)
        ? SavedTargets(patron, any => SavedTarget.Find(any, torrent))
        : [.. SavedTargets(patron).Where(saved => saved.HasInfoHash(infoHash))];

    /// <summary>Those of them that an object is about.</summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, TorrentReference torrent) =>
        [.. SavedTargets(patron, torrent.InfoHash).Where(saved => torrent.IsOf(saved.Name))];

    /// <summary>Those of them that were given, each once: by one of the three ways, or all. What names none is reported.</summary>
    /// <param name="patron">The patron; null: all the session's.</param>
    /// <param name="names">Names, or patterns of names; null: all.</param>
    /// <param name="infoHashes">Info hashes, or beginnings of them.</param>
    /// <param name="objects">What says which torrent it is about.</param>
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

    /// <summary>Those of them that are called so, or that match; by an info hash, or the beginning of one, too.</summary>
    private protected IReadOnlyList<SavedTarget> SavedTargets(Patron? patron, NamePattern name)
    {
        IReadOnlyList<SavedTarget> all = SavedTargets(patron);
        IReadOnlyList<SavedTarget> found = name.Find(all, saved => [saved.Name]);
        return found.Count > 0 ? found : [.. all.Where(saved => saved.HasInfoHash(name.Text))];
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
