using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Events;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Subscribes to events of torrents, as Register-ObjectEvent subscribes to events of objects.</summary>
[Cmdlet(VerbsLifecycle.Register, "TorrentEvent", DefaultParameterSetName = AllSet)]
[OutputType(typeof(PSEventJob))]
public sealed class RegisterTorrentEventCommand : PatronCmdlet
{
    private const string AllSet = "All";
    private const string NameSet = "Name";
    private const string InfoHashSet = "InfoHash";
    private const string InputObjectSet = "InputObject";

    /// <summary>The torrents from the pipeline, with the patrons that started them.</summary>
    private readonly HashSet<(Patron Patron, string InfoHash)> _owned = [];

    /// <summary>The event.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    public TorrentEvent EventName { get; set; }

    /// <summary>The name of the events in the session's queue; by default a new GUID.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? SourceIdentifier { get; set; }

    /// <summary>The script to run for each event, instead of queueing the event in the session.</summary>
    [Parameter(Position = 2)]
    [ValidateNotNull]
    public ScriptBlock? Action { get; set; }

    /// <summary>Names or patterns of the torrents, including torrents that are started later.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NameSet)]
    [ArgumentCompleter(typeof(TorrentNameCompleter))]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Name { get; set; } = [];

    /// <summary>Info hashes of the torrents or their prefixes, including torrents that are started later.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet)]
    [ArgumentCompleter(typeof(InfoHashCompleter))]
    [ValidateNotNullOrEmpty]
    [ValidatePattern("^[0-9a-fA-F]{4,64}$")]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Statuses of the torrents.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [TorrentTransformation]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <summary>Data to pass to the action with each event.</summary>
    [Parameter]
    public PSObject? MessageData { get; set; }

    /// <summary>Send the events to the session that this remote session serves, instead of queueing them.</summary>
    [Parameter]
    public SwitchParameter Forward { get; set; }

    /// <summary>Do not list the subscription and its job.</summary>
    [Parameter]
    public SwitchParameter SupportEvent { get; set; }

    /// <summary>End the subscription after this many events; 0 means never.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int MaxTriggerCount { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Action is not null && Forward)
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(CommandErrors.ActionAndForward, Target: null)));
        // If two subscriptions have one name, PowerShell gives the events of each to both.
        if (SourceIdentifier is not null && Events.GetEventSubscribers(SourceIdentifier).Any())
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(CommandErrors.SubscriberExists(SourceIdentifier), SourceIdentifier)));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        switch (ParameterSetName)
        {
            case NameSet:
                NamePattern[] names = [.. Name.Select(text => new NamePattern(text))];
                Subscribe(
                    [Patron ?? Session.Default()],
                    (_, _, status) => status is not null && Array.Exists(names, name => name.IsName(status.Name) || name.IsMatch(status.Name)));
                break;
            case InfoHashSet:
                Subscribe(
                    [Patron ?? Session.Default()],
                    (_, hash, status) => InfoHash.Any(given => hash.StartsWith(given, StringComparison.OrdinalIgnoreCase) || status?.HasInfoHash(given) == true));
                break;
            case InputObjectSet:
                FindOwners();
                break;
            default:
                Subscribe([Patron ?? Session.Default()], (_, _, _) => true);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        // One subscription for all of them: with one for each torrent, each event would arrive several times.
        if (_owned.Count > 0)
            Subscribe([.. _owned.Select(owned => owned.Patron).Distinct()], (patron, hash, status) =>
                _owned.Contains((patron, hash)) || (status?.OtherInfoHash is { } other && _owned.Contains((patron, other))));
    }

    /// <summary>Finds the patrons that started the torrents: they raise the torrents' events.</summary>
    private void FindOwners()
    {
        foreach (TorrentReference torrent in InputObject.Select(TorrentReference.Of).OfType<TorrentReference>())
        {
            (Patron, string)[] owned = Patron is not null
                ? [(Patron, torrent.InfoHash.ToLowerInvariant())]
                :
                [
                    .. from patron in Session.Patrons
                       from running in TorrentFinder.Among(patron, Session).ByReference(torrent, out _)
                       select (patron, running.Status.InfoHash),
                ];
            if (owned.Length == 0)
                Fail(CommandErrors.NoSuchTorrent($"{torrent.Given}"), torrent.Given);
            _owned.UnionWith(owned);
        }
    }

    private void Subscribe(IReadOnlyList<Patron> patrons, Func<Patron, string, TorrentStatus?, bool> isWanted)
    {
        var filter = new TorrentEventFilter(Events, patrons, EventName, isWanted);
        try
        {
            PSEventSubscriber subscriber = Events.SubscribeEvent(
                filter, EventName.ToString(), SourceIdentifier ?? Guid.NewGuid().ToString(), MessageData, Action, SupportEvent, Forward, MaxTriggerCount);
            filter.Begin(subscriber, MessageData);
            if (Action is not null && !SupportEvent)
                WriteObject(subscriber.Action);
        }
        catch
        {
            filter.Dispose();
            throw;
        }
    }
}
