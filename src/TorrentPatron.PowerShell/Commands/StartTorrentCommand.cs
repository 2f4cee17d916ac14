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

/// <summary>Starts torrents: checks the data on disk, downloads the missing data, seeds.</summary>
/// <remarks>
/// There is no default parameter set: PowerShell would bind a record's other properties to it and then fail to find the path.
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

    /// <summary>Creates the command.</summary>
    public StartTorrentCommand()
    {
        _warnings = new TorrentWarnings(Output);
        _starter = new TorrentStarter(Output, _warnings);
        _line = new StartLine(TakeAsync, TimeProvider.System);
    }

    /// <summary>The folder for the torrents' files; by default the current location.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string? Destination { get; set; }

    /// <summary>Peers to connect to, as <c>host:port</c> or <c>[v6]:port</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string[]? Peer { get; set; }

    /// <summary>Trackers in addition to the torrent's own.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(Uri))]
    public Uri[]? Tracker { get; set; }

    /// <summary>Web seeds in addition to the torrent's own: http or https.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(Uri))]
    public Uri[]? WebSeed { get; set; }

    /// <summary>Names or patterns of wanted files; by default all.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    [SupportsWildcards]
    public string[]? Include { get; set; }

    /// <summary>Names or patterns of unwanted files.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    [SupportsWildcards]
    public string[]? Exclude { get; set; }

    /// <summary>Download limit in bytes/s; 0 means no limit.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MaxDownloadRate { get; set; }

    /// <summary>Upload limit in bytes/s; 0 means no limit.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MaxUploadRate { get; set; }

    /// <summary>Stop seeding at this ratio of bytes sent to bytes present.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(double))]
    [ValidateNotNegative]
    public double? SeedRatio { get; set; }

    /// <summary>Stop seeding after this time.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [DurationTransformation(AtMostDays = 3650, EmptyIsNull = true)]
    public TimeSpan? SeedTime { get; set; }

    /// <summary>Download pieces in order.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter Sequential { get; set; }

    /// <summary>Offer each peer only a few pieces at a time while every piece is here (BEP 16).</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter SuperSeeding { get; set; }

    /// <summary>Bytes that must stay free on the disk.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidateNotNegative]
    public long? MinimumFreeSpace { get; set; }

    /// <summary>Tags for the torrents.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TagCompleter))]
    [RecordValue(typeof(string))]
    [ValidateTag]
    public string[]? Tag { get; set; }

    /// <summary>Add the torrents without starting them.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter Suspended { get; set; }

    /// <summary>Only seed the data on disk: fail if any is missing or wrong, and write nothing. Waits until that is known.</summary>
    [Parameter]
    public SwitchParameter SeedOnly { get; set; }

    /// <summary>Hash all data on disk, regardless of the saved state.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter Recheck { get; set; }

    /// <summary>Local folders or files to search for the torrents' data before downloading it. They are only read.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string[]? Reuse { get; set; }

    /// <summary>How data is reused: Copy, or HardLink, which needs no space but shares the file.</summary>
    [Parameter]
    public ReuseMethod ReuseBy { get; set; }

    /// <summary>Wait until the torrents are complete.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>How long to wait: seconds, a text such as <c>5m</c>, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The longest time without receiving anything before the wait fails.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? StallTimeout { get; set; }

    /// <summary>Return at once with a job for each torrent, which starts the torrent and waits for it.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    private bool IsWaiting => Wait || Timeout is not null || StallTimeout is not null || (SeedOnly && !Suspended);

    private WaitOptions WaitOptions => new() { Timeout = Timeout, StallTimeout = StallTimeout };

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _given = new GivenParameters(this);
        RequireValues(_given);
        // An invalid command-line value ends the command before anything is started.
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
        // The status of a torrent at some moment does not say how to start it.
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
            RunWaiting(_started, (output, cancellation) => new TorrentWaiter(output, TimeProvider.System, _warnings).WaitAsync(_started, WaitOptions, cancellation));
    }

    /// <summary>Reports earlier torrents before this failure.</summary>
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
        var job = new TorrentJob(MyInvocation.Line.Trim(), item.Name, patron, request, item.Given, WaitOptions);
        TorrentJobSource.Register(JobManager, job);
        job.StartJob();
        WriteObject(job);
    }

    /// <summary>Whether a torrent may only seed; null leaves the setting of a known torrent unchanged. New torrents download by default.</summary>
    private bool? SeedOnlyFor(SourceItem item) =>
        _given.IsOfCommandLine(nameof(SeedOnly)) ? (bool)SeedOnly : item.Saved is null && item.Running is null ? false : null;

    /// <summary>The request to start a torrent; null if a record has an invalid value, which has been reported.</summary>
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
            // With a timeout of 0 the torrent is started anyway, and not waited for.
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
