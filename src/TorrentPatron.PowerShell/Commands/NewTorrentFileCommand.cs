using System.Management.Automation;
using TorrentPatron.Engine.Storage;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>Makes .torrents of files and folders. The same files and parameters give the same .torrent.</summary>
[Cmdlet(VerbsCommon.New, "TorrentFile", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class NewTorrentFileCommand : PipelineCmdlet
{
    private const string PathSet = "Path";
    private const string LiteralPathSet = "LiteralPath";

    private string _destination = "";

    /// <summary>The files or folders; wildcards are allowed. Each becomes a torrent.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>The files or folders, taken as they are written.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The .torrent, or a folder to put it in; by default the current location.</summary>
    [Parameter(Position = 1)]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? Destination { get; set; }

    /// <summary>Trackers, each a tier of its own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Uri[] Tracker { get; set; } = [];

    /// <summary>Addresses that serve the files themselves.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public Uri[] WebSeed { get; set; } = [];

    /// <summary>Length of a piece in bytes, a power of two from 16KB; by default chosen by the size.</summary>
    [Parameter]
    [ByteSizeTransformation]
    [ValidateRange(PieceLengthChooser.Smallest, MetainfoReader.MaxPieceLength)]
    public int? PieceLength { get; set; }

    /// <summary>The torrent's name; by default that of the file or folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>A comment.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Comment { get; set; }

    /// <summary>The mark of a private tracker; it changes the info hash.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Source { get; set; }

    /// <summary>Peers may come from the trackers only.</summary>
    [Parameter]
    public SwitchParameter Private { get; set; }

    /// <summary>Replace a .torrent that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing() => _destination = this.ResolveDestination(Destination);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IEnumerable<(string Path, string Given)> sources = ParameterSetName == PathSet
            ? Path.SelectMany(given => this.Resolve(given, Fail).Select(path => (path, given)))
            : LiteralPath.SelectMany(given => this.ResolveLiteral(given, Fail).Select(path => (path, given)));
        foreach ((string path, string given) in sources)
        {
            Run((output, cancellation) => new TorrentAuthor(output, TimeProvider.System)
                .MakeAsync(path, given, _destination, Options(), Force, cancellation));
        }
    }

    private TorrentMakerOptions Options() => new()
    {
        Name = Name,
        PieceLength = PieceLength,
        TrackerTiers = [.. Tracker.Select(tracker => new[] { tracker.OriginalString })],
        WebSeeds = [.. WebSeed.Select(seed => seed.OriginalString)],
        IsPrivate = Private,
        Comment = Comment,
        Source = Source,
        CreatedBy = "TorrentPatron",
    };
}
