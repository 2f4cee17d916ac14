using System.Management.Automation;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Jobs;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Starts torrents: checks what is on disk, fetches what is missing, seeds what is there.</summary>
[Cmdlet(VerbsLifecycle.Start, "Torrent", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus), typeof(TorrentJob))]
public sealed class StartTorrentCommand : SourceCmdlet
{
    private readonly TorrentWarnings _warnings;
    private readonly TorrentStarter _starter;
    private readonly StartLine _line;
    private readonly List<TorrentTarget> _started = [];
    private string? _destination;
    private IReadOnlyList<IPEndPoint> _peers = [];

    /// <summary>Makes the command.</summary>
    public StartTorrentCommand()
    {
        _warnings = new TorrentWarnings(Output);
        _starter = new TorrentStarter(Output, _warnings);
        _line = new StartLine(TakeAsync, TimeProvider.System);
    }

    /// <summary>The folder below which the torrents' files lie; by default the current location.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Peers to connect to, as <c>host:port</c> or <c>[v6]:port</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Peer { get; set; } = [];

    /// <summary>Trackers besides the torrent's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Uri[] Tracker { get; set; } = [];

    /// <summary>Names of the files that are wanted, or patterns of them; by default all.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Include { get; set; } = [];

    /// <summary>Names of files that are not wanted, or patterns of them.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Exclude { get; set; } = [];

    /// <summary>Most to receive, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long MaxDownloadRate { get; set; }

    /// <summary>Most to send, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long MaxUploadRate { get; set; }

    /// <summary>Stop seeding when so many bytes are sent for each that is here.</summary>
    [Parameter]
    [ValidateRange(0.0, double.MaxValue)]
    public double SeedRatio { get; set; }

    /// <summary>Stop seeding after that time.</summary>
    [Parameter]
    [DurationTransformation(AtMostDays = 3650)]
    public TimeSpan SeedTime { get; set; }

    /// <summary>Fetch pieces in their order.</summary>
    [Parameter]
    public SwitchParameter Sequential { get; set; }

    /// <summary>Bytes that must stay free on the disk.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(0, long.MaxValue)]
    public long MinimumFreeSpace { get; set; }

    /// <summary>What to call the torrents by.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(TagCompleter))]
    [ValidateLength(1, 100)]
    public string[] Tag { get; set; } = [];

    /// <summary>Add the torrents, but do not let them run yet.</summary>
    [Parameter]
    public SwitchParameter Suspended { get; set; }

    /// <summary>Only seed what is there: fail where something is missing or wrong, and write nothing. Waits until that is known.</summary>
    [Parameter]
    public SwitchParameter SeedOnly { get; set; }

    /// <summary>Hash everything on disk, whatever the saved state says.</summary>
    [Parameter]
    public SwitchParameter Recheck { get; set; }

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
        if (Suspended && (IsWaiting || AsJob))
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(CommandErrors.SuspendedWait, Target: null)));
        // What comes down the pipeline decides only later whether a torrent is meant that lies somewhere already.
        _destination = Destination is null ? null : this.ResolveDestination(Destination);
        Run(async (_, cancellation) => _peers = await PeerReader.ReadAsync(Peer, cancellation).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (SourceItem item in Sources())
        {
            Patron patron = Patron ?? item.Running?.Patron ?? item.Saved?.Patron ?? Session.Default();
            StartRequest request = Request(item);
            if (!Agree(Shown(item), Action(request)))
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
            Run((output, cancellation) => new TorrentWaiter(output, TimeProvider.System, _warnings).WaitAsync(_started, Terms, cancellation));
    }

    /// <summary>What was asked for before is reported before.</summary>
    private protected override void Fail(TorrentError error, object? target)
    {
        TakeAll();
        base.Fail(error, target);
    }

    private static string Action(StartRequest request) => $"Start torrent in '{request.Destination}'";

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
        this.Given().ContainsKey(nameof(SeedOnly)) ? (bool)SeedOnly : item.Saved is null && item.Running is null ? false : null;

    private StartRequest Request(SourceItem item)
    {
        StartRequest request = item.Saved?.Saved.ToRequest() ?? new StartRequest();
        return request with
        {
            Source = item.Source,
            Metainfo = item.Metainfo,
            Destination = _destination ?? item.Running?.Status.Destination ?? request.Destination ?? this.ResolveDestination(path: null),
            Peers = _peers,
            Trackers = [.. request.Trackers, .. Tracker],
            Selection = Include.Length + Exclude.Length == 0 ? null : new FileSelection { Include = Include, Exclude = Exclude },
            FilePriorities = Include.Length + Exclude.Length == 0 ? request.FilePriorities : [],
            Options = new TorrentOptionsReader(this.Given()).For(torrent: null) with { SeedOnly = SeedOnlyFor(item) },
            Suspended = Suspended,
            Recheck = Recheck,
        };
    }
}
