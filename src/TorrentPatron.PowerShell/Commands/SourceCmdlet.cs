using System.Management.Automation;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that reads .torrents: files, addresses or bytes.</summary>
public abstract class SourceCmdlet : PipelineCmdlet
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";
    private protected const string UriSet = "Uri";
    private protected const string ContentSet = "Content";

    /// <summary>.torrent files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>.torrent files, taken as they are written.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Addresses of .torrents.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UriSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public Uri[] Uri { get; set; } = [];

    /// <summary>The bytes of a .torrent.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ContentSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public byte[] Content { get; set; } = [];

    /// <summary>
    /// What the parameters name, each with what the user gave, found one by one; what names nothing is reported in its turn.
    /// </summary>
    private protected IEnumerable<(TorrentSource Source, object Given)> Sources() => ParameterSetName switch
    {
        PathSet => Path.SelectMany(OfPath),
        LiteralPathSet => LiteralPath.SelectMany(path =>
            this.ResolveLiteral(path, Fail).Select(file => (TorrentSource.FromFile(file), (object)path))),
        UriSet => Uri.SelectMany(address => OfAddress(address, address.OriginalString)),
        _ => [(TorrentSource.FromBytes(Content), Content)],
    };

    private IEnumerable<(TorrentSource Source, object Given)> OfPath(string path)
    {
        // An address where a path is due is clear enough.
        bool isAddress = path.Contains("://", StringComparison.Ordinal) || path.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase);
        if (isAddress && System.Uri.TryCreate(path, UriKind.Absolute, out Uri? address))
            return OfAddress(address, path);
        return [.. this.Resolve(path, Fail).Select(file => (TorrentSource.FromFile(file), (object)path))];
    }

    private IEnumerable<(TorrentSource Source, object Given)> OfAddress(Uri address, string given)
    {
        if (address.IsAbsoluteUri)
            return [(TorrentSource.FromAddress(address), given)];
        Fail(CommandErrors.BadAddress(given), given);
        return [];
    }
}
