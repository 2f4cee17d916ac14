using System.Management.Automation;
using TorrentPatron.Engine.Storage;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Makes .torrent files from files and folders. The same files and parameters give the same .torrent file.</summary>
/// <remarks>It has no default parameter set; see <see cref="StartTorrentCommand"/>.</remarks>
[Cmdlet(VerbsCommon.New, "TorrentFile", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class NewTorrentFileCommand : PipelineCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private GivenParameters _given = null!;

    /// <summary>The files or folders; wildcards are allowed. Each becomes a torrent.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true)]
    [PathTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The files or folders as literal paths.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The .torrent file, or the folder to write it to; by default the current location.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("OutFile")]
    [RecordValue(typeof(string))]
    public string? Destination { get; set; }

    /// <summary>Trackers, each a tier of its own.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(Uri))]
    public Uri[]? Tracker { get; set; }

    /// <summary>Addresses that serve the files themselves.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(Uri))]
    public Uri[]? WebSeed { get; set; }

    /// <summary>
    /// The format: 1, which every program reads; 2 (BEP 52), in which each file has its own hash and bad data is found block by block; or
    /// Hybrid, which is both and has padding between files.
    /// </summary>
    [Parameter]
    public MetainfoVersion Version { get; set; } = MetainfoVersion.V1;

    /// <summary>Length of a piece in bytes, a power of two from 16KB; by default chosen from the size.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ByteSizeTransformation(EmptyIsNull = true)]
    [ValidatePieceLength]
    public int? PieceLength { get; set; }

    /// <summary>Write symbolic links as links, whose targets must be in the folder. By default links are followed.</summary>
    [Parameter]
    public SwitchParameter KeepLink { get; set; }

    /// <summary>Write each file's last write time, to the second.</summary>
    [Parameter]
    public SwitchParameter KeepLastWriteTime { get; set; }

    /// <summary>Do not record which files are executable or hidden.</summary>
    [Parameter]
    public SwitchParameter NoAttribute { get; set; }

    /// <summary>The torrent's name; by default the name of the file or folder.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string? Name { get; set; }

    /// <summary>A comment.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string? Comment { get; set; }

    /// <summary>The mark of a private tracker; it changes the info hash.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(string))]
    public string? Source { get; set; }

    /// <summary>Allow peers from the trackers only.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(bool))]
    public SwitchParameter Private { get; set; }

    /// <summary>Info hashes of torrents that may share files with this one.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ValidateInfoHash]
    public string[] Similar { get; set; } = [];

    /// <summary>Collections that the torrent belongs to; torrents of one collection may share files. They change the info hash.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Collection { get; set; } = [];

    /// <summary>The http or https address of newer torrents; it changes the info hash.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [RecordValue(typeof(Uri))]
    public Uri? UpdateUrl { get; set; }

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
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        _given.Next(isRecord: true);
        string? destination = _given.Get<string>(nameof(Destination)) is { } there
            ? this.ResolveDestination(there, Fail)
            : this.ResolveDestination(path: null);
        if (destination is null)
            return;

        var writer = new TorrentFileWriter(destination, Force);
        IEnumerable<(string Path, string Given)> sources = ParameterSetName == PathSet
            ? Path.SelectMany(given => this.Resolve(given, Fail).Select(path => (path, given)))
            : LiteralPath.SelectMany(given => this.ResolveLiteral(given, Fail).Select(path => (path, given)));
        foreach ((string path, string given) in sources)
        {
            Run((output, cancellation) => new TorrentAuthor(output, TimeProvider.System)
                .MakeAsync(path, given, writer, Options(), cancellation));
        }
    }

    private TorrentMakerOptions Options() => new()
    {
        Version = Version,
        KeepLinks = KeepLink,
        KeepLastWriteTimes = KeepLastWriteTime,
        KeepAttributes = !NoAttribute,
        Name = _given.Get<string>(nameof(Name)),
        PieceLength = _given.Get<int?>(nameof(PieceLength)),
        TrackerTiers = [.. (_given.Get<Uri[]>(nameof(Tracker)) ?? []).Select(tracker => new[] { tracker.OriginalString })],
        WebSeeds = [.. (_given.Get<Uri[]>(nameof(WebSeed)) ?? []).Select(seed => seed.OriginalString)],
        IsPrivate = _given.Get<bool>(nameof(Private)),
        Comment = _given.Get<string>(nameof(Comment)),
        Source = _given.Get<string>(nameof(Source)),
        Similar = [.. Similar.Select(similar => TorrentId.TryParse(similar, out TorrentId torrent) ? torrent : throw new ArgumentException("Not an info hash."))],
        Collections = Collection,
        UpdateUrl = _given.Get<Uri>(nameof(UpdateUrl))?.OriginalString,
        CreatedBy = "TorrentPatron",
    };
}
