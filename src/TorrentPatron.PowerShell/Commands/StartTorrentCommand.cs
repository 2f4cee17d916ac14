using System.Management.Automation;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Jobs;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Starts torrents: checks what is on disk, fetches what is missing, seeds what is there.</summary>
/// <remarks>
/// There is no default parameter set: PowerShell would give a record's other properties to that one, and then miss its path in vain.
/// </remarks>
[Cmdlet(VerbsLifecycle.Start, "Torrent", SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus), typeof(TorrentJob))]
public sealed class StartTorrentCommand : SourceCmdlet
{
    private readonly TorrentWarnings _warnings;
    private readonly TorrentStarter _starter;
    private readonly StartLine _line;
    private readonly List<TorrentTarget> _started = [];
    private IReadOnlyList<IPEndPoint> _peers = [];
    private GivenParameters _given = null!;

    /// <summary>Makes the command.</summary>
    public StartTorrentCommand()
    {
        _warnings = new TorrentWarnings(Output);
        _starter = new TorrentStarter(Output, _warnings);
        _line = new StartLine(TakeAsync, TimeProvider.System);
    }

    /// <summary>The folder below which the torrents' files lie; by default the current location.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string? Destination { get; set; }

    /// <summary>Peers to connect to, as <c>host:port</c> or <c>[v6]:port</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string[]? Peer { get; set; }

    /// <summary>Trackers besides the torrent's own.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(Uri))]
    public Uri[]? Tracker { get; set; }

    /// <summary>Web seeds besides the torrent's own: http or https.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(Uri))]
    public Uri[]? WebSeed { get; set; }

    /// <summary>Names of the files that are wanted, or patterns of them; by default all.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    [SupportsWildcards]
    public string[]? Include { get; set; }

    /// <summary>Names of files that are not wanted, or patterns of them.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    [SupportsWildcards]
    public string[]? Exclude { get; set; }

    /// <summary>Most to receive, in bytes/s; 0: no limit.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MaxDownloadRate { get; set; }

    /// <summary>Most to send, in bytes/s; 0: no limit.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MaxUploadRate { get; set; }

    /// <summary>Stop seeding when so many bytes are sent for each that is here.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(double))]
    [ValidateNotNegative]
    public double? SeedRatio { get; set; }

    /// <summary>Stop seeding after that time.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DurationTransformation(AtMostDays = 3650, EmptyIsNull = true)]
    public TimeSpan? SeedTime { get; set; }

    /// <summary>Fetch pieces in their order.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter Sequential { get; set; }

    /// <summary>Spread the pieces sparingly while all are here.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter SuperSeeding { get; set; }

    /// <summary>Bytes that must stay free on the disk.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MinimumFreeSpace { get; set; }

    /// <summary>What to call the torrents by.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TagCompleter))]
    [RecordValue(typeof(string))]
    [ValidateTag]
    public string[]? Tag { get; set; }

    /// <summary>Add the torrents, but do not let them run yet.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter Suspended { get; set; }

    /// <summary>Only seed what is there: fail where something is missing or wrong, and write nothing. Waits until that is known.</summary>
    [Parameter]
    public SwitchParameter SeedOnly { get; set; }

    /// <summary>Hash everything on disk, whatever the saved state says.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter Recheck { get; set; }

    /// <summary>Folders or files of this machine in which the torrents' data is looked for before it is fetched. They are read only.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string[]? Reuse { get; set; }

    /// <summary>How what is found comes to the torrent: Copy, or HardLink, which takes no room but is the same file.</summary>
    [Parameter]
    public ReuseMethod ReuseBy { get; set; }

    /// <summary>Wait until the torrents are complete.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>How long to wait: seconds, a text such as <c>5m</c>, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>How long nothing may come in while it is waited for.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? StallTimeout { get; set; }

    /// <summary>Write a job for each torrent, at once, and let it do the starting and the waiting.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private bool IsWaiting => Wait || Timeout is not null || StallTimeout is not null || (SeedOnly && !Suspended);

    private WaitTerms Terms => new() { Timeout = Timeout, StallTimeout = StallTimeout };

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _given = new GivenParameters(this);
        RequireValues(_given);
        // What was given on the command line and makes no sense ends the command before anything is started.
        if (Suspended && (IsWaiting || AsJob))
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(CommandErrors.SuspendedWait, Target: null)));
        if (Destination is not null)
            this.ResolveDestination(Destination);
        if (Peer is not null)
            _peers = RequirePeers(Peer);
        if (IsWaiting)
            BeginTrace();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // How a torrent stood when its status was taken says nothing of how it is to be started.
        _given.Next(isRecord: ParameterSetName != InputObjectSet);
        foreach (SourceItem item in Sources())
        {
            Patron patron = Patron ?? item.Running?.Patron ?? item.Saved?.Patron ?? Session.Default();
            if (Request(item) is not { } request || !Agree(Shown(item), Action(request)))
                continue;
            if (AsJob)
                StartJob(patron, request, item);
            else
                Start(patron, request, item);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        TakeAll();
        if (IsWaiting)
            RunWaiting(_started, (output, cancellation) => new TorrentWaiter(output, TimeProvider.System, _warnings).WaitAsync(_started, Terms, cancellation));
    }

    /// <summary>What was asked for before is reported before.</summary>
    private protected override void Fail(TorrentError error, object? target)
    {
        TakeAll();
        base.Fail(error, target);
    }

    private static string Action(StartRequest request) => $"Start torrent in '{request.Destination ?? request.SavedDestination ?? request.CurrentFolder}'";

    private static string Shown(SourceItem item) => item.Running?.Status.Name ?? item.Saved?.Name ?? item.Source.ToString();

    private void Start(Patron patron, StartRequest request, SourceItem item)
    {
        _line.Add(TorrentStarter.Begin(patron, request, item.Given, Cancelled));
        if (_line.IsFull)
            Run((_, _) => _line.TakeSomeAsync());
    }

    private void TakeAll()
    {
        if (!_line.IsEmpty)
            Run((_, _) => _line.TakeAllAsync());
    }

    private async Task TakeAsync(PendingStart start)
    {
        if (await _starter.TakeAsync(start).ConfigureAwait(false) is not { } started)
            return;
        if (IsWaiting)
            _started.Add(started);
        else
            await Output.EmitAsync(started.Status).ConfigureAwait(false);
    }

    private void StartJob(Patron patron, StartRequest request, SourceItem item)
    {
        var job = new TorrentJob(MyInvocation.Line.Trim(), item.Name, patron, request, item.Given, Terms);
        TorrentJobSource.Register(JobManager, job);
        job.StartJob();
        WriteObject(job);
    }

    /// <summary>A torrent that is started anew downloads, unless it is said that it only seeds; one that is known is left as it is.</summary>
    private bool? SeedOnlyFor(SourceItem item) =>
        _given.IsOfCommandLine(nameof(SeedOnly)) ? (bool)SeedOnly : item.Saved is null && item.Running is null ? false : null;

    /// <summary>What to start; null where a record says what makes no sense, which has been reported.</summary>
    private StartRequest? Request(SourceItem item)
    {
        string[] include = _given.Get<string[]>(nameof(Include)) ?? [];
        string[] exclude = _given.Get<string[]>(nameof(Exclude)) ?? [];
        bool isSuspended = _given.Get<bool>(nameof(Suspended));
        if (isSuspended && (IsWaiting || AsJob))
        {
            Fail(CommandErrors.SuspendedWait, item.Given);
            return null;
        }

        if (!TryReadDestination(item, out string? destination) || ReadPeers() is not { } peers || !TryReadReuse(item, out DataReuse? reuse))
            return null;

        StartRequest request = item.Saved is { } saved ? StartRequest.Of(saved.Saved) : new StartRequest();
        return request with
        {
            Source = item.Source,
            Metainfo = item.Metainfo,
            Reach = item.Reach,
            Destination = destination ?? request.Destination,
            CurrentFolder = this.ResolveDestination(path: null),
            Peers = peers,
            Trackers = [.. request.Trackers, .. _given.Get<Uri[]>(nameof(Tracker)) ?? []],
            WebSeeds = _given.Get<Uri[]>(nameof(WebSeed)) ?? [],
            Selection = include.Length + exclude.Length == 0 ? null : new FileSelection { Include = include, Exclude = exclude },
            FilePriorities = include.Length + exclude.Length == 0 ? request.FilePriorities : [],
            Options = new TorrentOptionsReader(_given.Values).For(torrent: null) with { SeedOnly = SeedOnlyFor(item) },
            // With no time at all a torrent is started all the same, and not waited for.
            SourceTimeout = Timeout > TimeSpan.Zero ? Timeout : null,
            Suspended = isSuspended,
            Recheck = _given.Get<bool>(nameof(Recheck)),
            Reuse = reuse,
        };
    }

    private bool TryReadReuse(SourceItem item, out DataReuse? reuse)
    {
        reuse = null;
        if (_given.Get<string[]>(nameof(Reuse)) is not { Length: > 0 } given)
        {
            reuse = _given.IsOfCommandLine(nameof(ReuseBy)) ? new DataReuse([], ReuseBy) : null;
            return true;
        }

        var folders = new List<string>();
        foreach (string folder in given)
        {
            if (this.ResolveDestination(folder, Fail) is not { } path)
                return false;
            if (!System.IO.Path.Exists(path))
            {
                Fail(CommandErrors.NothingToReuse(path), item.Given);
                return false;
            }

            folders.Add(path);
        }

        reuse = new DataReuse(folders, ReuseBy);
        return true;
    }

    private bool TryReadDestination(SourceItem item, out string? destination)
    {
        destination = item.Running?.Status.Destination;
        if (_given.Get<string>(nameof(Destination)) is not { } given)
            return true;
        destination = this.ResolveDestination(given, Fail);
        return destination is not null;
    }

    private IReadOnlyList<IPEndPoint>? ReadPeers() =>
        !_given.IsOfCommandLine(nameof(Peer)) && _given.Get<string[]>(nameof(Peer)) is { } given ? ReadPeers(given) : _peers;
}
