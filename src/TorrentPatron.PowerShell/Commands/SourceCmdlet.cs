using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Binding;
using TorrentPatron.PowerShell.Completion;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Commands;

/// <summary>A cmdlet that reads torrents: files, addresses, bytes, or torrents that the session or its saved state knows.</summary>
public abstract class SourceCmdlet : PatronCmdlet
{
    private protected const string PathSet = "Path";
    private protected const string LiteralPathSet = "LiteralPath";
    private protected const string UriSet = "Uri";
    private protected const string ContentSet = "Content";
    private protected const string InfoHashSet = "InfoHash";
    private protected const string InputObjectSet = "InputObject";

    /// <summary>.torrent files; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PathSet, ValueFromPipeline = true)]
    [PathTransformation]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    /// <summary>.torrent files as literal paths.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LiteralPathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Addresses of .torrent files, and magnet links.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UriSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public Uri[] Uri { get; set; } = [];

    /// <summary>The bytes of a .torrent.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ContentSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public byte[] Content { get; set; } = [];

    /// <summary>Info hashes, or their prefixes, of torrents that run or are saved.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InfoHashSet, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(KnownInfoHashCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] InfoHash { get; set; } = [];

    /// <summary>Torrents: statuses, results of Get-TorrentInfo, or other objects with a property InfoHash.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [TorrentTransformation(LeavesRecords = true)]
    [ValidateNotNull]
    public object[] InputObject { get; set; } = [];

    /// <summary>
    /// The torrents that the parameters name, one by one, each with the user's input; reports in turn each input that names nothing.
    /// </summary>
    private protected IEnumerable<SourceItem> Sources() => ParameterSetName switch
    {
        PathSet => Path.SelectMany(OfPath),
        LiteralPathSet => LiteralPath.SelectMany(path =>
            this.ResolveLiteral(path, Fail).Select(file => new SourceItem(TorrentSource.FromFile(file), path))),
        UriSet => Uri.SelectMany(address => OfAddress(address, address.OriginalString)),
        InfoHashSet => InfoHash.SelectMany(text => OfInfoHash(text, text)),
        InputObjectSet => InputObject.SelectMany(OfObject),
        _ => [new SourceItem(TorrentSource.FromBytes(Content), Content)],
    };

    private IEnumerable<SourceItem> OfPath(string path)
    {
        // An address is clear enough in place of a path.
        if (MagnetLink.IsMagnet(path))
            return [new SourceItem(TorrentSource.Parse(path), path)];
        if (path.Contains("://", StringComparison.Ordinal) && System.Uri.TryCreate(path, UriKind.Absolute, out Uri? address))
            return OfAddress(address, path);
        return [.. this.Resolve(path, FailPath).Select(file => new SourceItem(TorrentSource.FromFile(file), path))];

        void FailPath(TorrentError error, object? target) =>
            Fail(TorrentId.TryParse(path, out _) ? CommandErrors.InfoHashAsPath(path) : error, target);
    }

    private IEnumerable<SourceItem> OfAddress(Uri address, string given)
    {
        if (address.IsAbsoluteUri)
            return [new SourceItem(TorrentSource.FromAddress(address), given)];
        Fail(CommandErrors.BadAddress(given), given);
        return [];
    }

    private IEnumerable<SourceItem> OfObject(object given) => PipelineValue.Unwrap(given) is TorrentInfo info
        ? [new SourceItem(TorrentSource.FromBytes(info.Metainfo.Raw), given) { Metainfo = info.Metainfo, Reach = info.Reach }]
        : OfInfoHash(TorrentReference.Of(given)!.InfoHash, given);

    private IEnumerable<SourceItem> OfInfoHash(string text, object given)
    {
        if (TorrentFinder.AmongAll(Patron, Session).ByInfoHash(text, out TorrentError? error) is [TorrentTarget torrent, ..])
        {
            // The origin is not known any more.
            TorrentMetainfo? metainfo = torrent.Patron.GetMetainfo(torrent.Torrent);
            return [Magnet(torrent.Torrent, given) with { Running = torrent, Metainfo = metainfo, Reach = AddressReach.Global }];
        }

        IReadOnlyList<SavedTarget> saved = SavedTargets(Patron, text);
        if (error?.Id == TorrentErrorId.TorrentNotFound && saved is [SavedTarget known])
            return [new SourceItem(StartRequest.Of(known.Saved).Source!, given) { Saved = known }];
        if (TorrentId.TryParse(text, out TorrentId unknown))
            return [Magnet(unknown, given)];

        Fail(saved.Count > 1 ? CommandErrors.AmbiguousInfoHash(text, saved.Count) : error!, given);
        return [];
    }

    private static SourceItem Magnet(TorrentId torrent, object given) =>
        new(TorrentSource.FromAddress(new Uri(new MagnetLink { InfoHash = torrent.V1, InfoHashV2 = torrent.V2 }.ToString())), given);
}
