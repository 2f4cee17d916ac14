using System.Management.Automation;
using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Hosting;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Starts torrents: checks what is on disk, fetches what is missing, seeds what is there.</summary>
[Cmdlet(VerbsLifecycle.Start, "Torrent", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(TorrentStatus))]
public sealed class StartTorrentCommand : SourceCmdlet
{
    private readonly List<TorrentTarget> _started = [];
    private string _destination = "";
    private IReadOnlyList<IPEndPoint> _peers = [];

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

    /// <summary>Most to receive, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? MaxDownloadRate { get; set; }

    /// <summary>Most to send, in bytes/s; 0: no limit.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long? MaxUploadRate { get; set; }

    /// <summary>Add the torrents, but do not let them run yet.</summary>
    [Parameter]
    public SwitchParameter Suspended { get; set; }

    /// <summary>Hash everything on disk, whatever the saved state says.</summary>
    [Parameter]
    public SwitchParameter Recheck { get; set; }

    /// <summary>Wait until the torrents are complete.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>How long to wait: seconds, a text such as <c>5m</c>, or a TimeSpan.</summary>
    [Parameter]
    [TimeoutTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>The patron to start the torrents; by default the session's own.</summary>
    [Parameter]
    [PatronTransformation]
    [ArgumentCompleter(typeof(PatronCompleter))]
    [ValidateNotNull]
    public Patron? Patron { get; set; }

    private bool IsWaiting => Wait || Timeout is not null;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        if (Suspended && IsWaiting)
            ThrowTerminatingError(CmdletOutput.Record(new CommandFailure(CommandErrors.SuspendedWait, Target: null)));
        _destination = this.ResolveDestination(Destination);
        Run(async (_, cancellation) => _peers = await PeerReader.ReadAsync(Peer, cancellation).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        SessionPatrons session = RunspacePatrons.Current;
        foreach ((TorrentSource source, object given) in Sources())
            Run((output, cancellation) => StartAsync(session, source, given, output, cancellation));
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (IsWaiting)
            Run((output, cancellation) => new TorrentWaiter(output, TimeProvider.System).WaitAsync(_started, Timeout, cancellation));
    }

    private async Task StartAsync(
        SessionPatrons session, TorrentSource source, object given, ICommandOutput output, CancellationToken cancellation)
    {
        if (!await output.ShouldProcessAsync(source.ToString(), $"Start torrent in '{_destination}'").ConfigureAwait(false))
            return;

        TorrentTarget? started = await new TorrentStarter(output)
            .StartAsync(Patron ?? session.Default(), Request(source), given, cancellation).ConfigureAwait(false);
        if (started is null)
            return;
        if (IsWaiting)
            _started.Add(started);
        else
            await output.EmitAsync(started.Status).ConfigureAwait(false);
    }

    private StartRequest Request(TorrentSource source) => new()
    {
        Source = source,
        Destination = _destination,
        Peers = _peers,
        Trackers = Tracker,
        Options = new TorrentOptions { MaxDownloadRate = MaxDownloadRate, MaxUploadRate = MaxUploadRate },
        Suspended = Suspended,
        Recheck = Recheck,
    };
}
