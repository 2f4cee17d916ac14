using System.Management.Automation;
using System.Net;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Fetches the metadata of magnet links from peers and writes their .torrent files. Downloads nothing else.</summary>
/// <remarks>It has no default parameter set; see <see cref="StartTorrentCommand"/>.</remarks>
[Cmdlet(VerbsData.Save, "TorrentMetadata", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class SaveTorrentMetadataCommand : SourceCmdlet
{
    /// <summary>Maximum number of links to fetch at once: most of the time is spent waiting for peers.</summary>
    private const int MostAtOnce = 16;

    private readonly List<(Patron Patron, StartRequest Request, TorrentFileWriter Writer, object Given)> _asked = [];
    private GivenParameters _given = null!;
    private IReadOnlyList<IPEndPoint> _peers = [];

    /// <summary>The .torrent file, or the folder to write it to; by default the current location.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("OutFile")]
    [RecordValue(typeof(string))]
    public string? Destination { get; set; }

    /// <summary>Peers to ask besides those in the link, as <c>host:port</c> or <c>[v6]:port</c>.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string[]? Peer { get; set; }

    /// <summary>Trackers to ask for peers besides those in the link.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(Uri))]
    public Uri[]? Tracker { get; set; }

    /// <summary>How long to try: seconds, a text such as <c>5m</c>, or a TimeSpan.</summary>
    [Parameter]
    [DurationTransformation]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Replace an existing .torrent file.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _given = new GivenParameters(this);
        RequireValues(_given);
        if (Destination is not null)
            this.ResolveDestination(Destination);
        if (Peer is not null)
            _peers = RequirePeers(Peer);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _given.Next(isRecord: ParameterSetName != InputObjectSet);
        foreach (SourceItem item in Sources())
        {
            string? destination = _given.Get<string>(nameof(Destination)) is { } given
                ? this.ResolveDestination(given, Fail)
                : this.ResolveDestination(path: null);
            IReadOnlyList<IPEndPoint>? peers = !_given.IsOfCommandLine(nameof(Peer)) && _given.Get<string[]>(nameof(Peer)) is { } named
                ? ReadPeers(named)
                : _peers;
            if (destination is null || peers is null || !Agree(item.Name, $"Save the metadata in '{destination}'"))
                continue;
            var request = new StartRequest
            {
                Source = item.Source,
                Metainfo = item.Metainfo,
                Reach = item.Reach,
                Peers = peers,
                Trackers = _given.Get<Uri[]>(nameof(Tracker)) ?? [],
                MetadataTimeout = Timeout,
                SourceTimeout = Timeout > TimeSpan.Zero ? Timeout : null,
            };
            _asked.Add((Patron ?? item.Running?.Patron ?? item.Saved?.Patron ?? Session.Default(), request, new TorrentFileWriter(destination, Force), item.Given));
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_asked.Count > 0)
            RunWaiting(NameOf, SaveAllAsync);
    }

    /// <summary>The name of a torrent whose metadata is being fetched; null for any other torrent.</summary>
    private string? NameOf(string infoHash) => TorrentId.TryParse(infoHash, out TorrentId torrent)
        ? _asked.Select(asked => asked.Patron.GetStatus(torrent)).FirstOrDefault(status => status?.Metadata is not null)?.Name
        : null;

    private async Task SaveAllAsync(ICommandOutput output, CancellationToken cancellationToken)
    {
        var note = new ProgressNote(
            _asked.Count == 1 ? "Fetching metadata" : $"Fetching the metadata of {_asked.Count} torrents", "Asking peers", -1, TimeLeft: null);
        Task saving = Parallel.ForEachAsync(
            _asked, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellationToken },
            async (asked, cancellation) => await SaveAsync(asked.Patron, asked.Request, asked.Writer, asked.Given, output, cancellation)
                .ConfigureAwait(false));
        await new DelayedProgress(output, TimeProvider.System).ShowUntilAsync(saving, () => note, cancellationToken).ConfigureAwait(false);
        await saving.ConfigureAwait(false);
    }

    private static async Task SaveAsync(
        Patron patron, StartRequest request, TorrentFileWriter writer, object given, ICommandOutput output, CancellationToken cancellationToken)
    {
        CommandFailure failure;
        try
        {
            TorrentMetainfo metainfo = await patron.FetchMetadataAsync(request, cancellationToken).ConfigureAwait(false);
            string file = writer.FileOf(metainfo.Name);
            if ((writer.FindObstacle(file) ?? await writer.WriteAsync(file, metainfo.Raw, cancellationToken).ConfigureAwait(false)) is not { } error)
            {
                await output.EmitFileAsync(file).ConfigureAwait(false);
                return;
            }

            failure = new CommandFailure(error, given);
        }
        catch (TorrentException fault)
        {
            failure = new CommandFailure(fault.Error, given, fault);
        }

        await output.FailAsync(failure).ConfigureAwait(false);
    }
}
