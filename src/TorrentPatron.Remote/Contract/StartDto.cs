using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Contract;

/// <summary>
/// What to start, and how, on the wire. The client reads the source, so that the service reads no file that the client may not. Times are
/// seconds. One of <see cref="Metainfo"/>, <see cref="Upload"/>, <see cref="Magnet"/> and <see cref="Saved"/> is needed.
/// </summary>
internal sealed class StartDto
{
    /// <summary>The most bytes of a .torrent in a start itself; a larger one is uploaded before.</summary>
    public const int MostMetainfo = 512 << 10;

    /// <summary>The patron that asks, as a GUID; left out: the connection's own.</summary>
    public Guid? Patron { get; set; }

    /// <summary>The .torrent, in base64.</summary>
    public byte[]? Metainfo { get; set; }

    /// <summary>The name under which the .torrent was uploaded.</summary>
    public string? Upload { get; set; }

    /// <summary>A magnet link.</summary>
    public string? Magnet { get; set; }

    /// <summary>Info hash of a torrent whose state the service has saved: it goes on as it was.</summary>
    public string? Saved { get; set; }

    /// <summary>How far away the source is: peers and DHT nodes that it names may be no nearer.</summary>
    public string? Reach { get; set; }

    public string? Destination { get; set; }

    public string? CurrentFolder { get; set; }

    public string[]? Peers { get; set; }

    public string[]? Trackers { get; set; }

    public string[]? WebSeeds { get; set; }

    /// <summary>Priority of each file, padding among them: 0 (skip), 1 (low), 4 (normal) or 7 (high).</summary>
    public int[]? FilePriorities { get; set; }

    public SelectionDto? Selection { get; set; }

    /// <summary>Whether not to let it run; left out: as it was saved.</summary>
    public bool? Suspended { get; set; }

    public bool MetadataOnly { get; set; }

    public double? MetadataTimeout { get; set; }

    public bool Recheck { get; set; }

    /// <summary>Absolute paths of folders and files in which data is looked for before it is fetched.</summary>
    public string[]? Reuse { get; set; }

    /// <summary>How it comes to the torrent: <c>Copy</c>, or <c>HardLink</c>; left out: it is copied.</summary>
    public string? ReuseBy { get; set; }

    public OptionsDto? Options { get; set; }

    /// <summary>Writes a request; its source is written apart, by <see cref="Take"/>.</summary>
    public static StartDto Of(StartRequest request) => new()
    {
        Reach = request.Reach.ToString(),
        Destination = request.Destination,
        // The service's own current folder says nothing about where the client is.
        CurrentFolder = request.CurrentFolder ?? Environment.CurrentDirectory,
        Peers = Wire.OfList(request.Peers, Wire.OfEndPoint),
        Trackers = Wire.OfList(request.Trackers, Wire.OfUri),
        WebSeeds = Wire.OfList(request.WebSeeds, Wire.OfUri),
        FilePriorities = request.FilePriorities.Count == 0 ? null : [.. request.FilePriorities.Select(priority => (int)priority)],
        Selection = SelectionDto.Of(request.Selection),
        Suspended = request.Suspended,
        MetadataOnly = request.MetadataOnly,
        MetadataTimeout = Wire.OfTime(request.MetadataTimeout),
        Recheck = request.Recheck,
        Reuse = request.Reuse is { } reuse ? [.. reuse.Folders] : null,
        ReuseBy = request.Reuse?.By.ToString(),
        Options = OptionsDto.Of(request.Options),
    };

    /// <summary>Takes what was found at the source.</summary>
    public void Take(SourceContent content)
    {
        Metainfo = content.Metainfo?.Raw.ToArray();
        Magnet = content.Magnet?.ToString();
        Reach = content.Reach.ToString();
    }

    /// <summary>Reads a request.</summary>
    /// <param name="uploaded">The .torrent that was uploaded for it; null: none was.</param>
    /// <param name="find">Finds a saved torrent.</param>
    /// <exception cref="TorrentException">It cannot be read.</exception>
    public StartRequest ToRequest(byte[]? uploaded, Func<TorrentId, SavedTorrent?> find)
    {
        // What the client did not say may have come from anywhere.
        AddressReach reach = Wire.ToEnum(Reach, AddressReach.Global);
        StartRequest request = SourceOf(uploaded ?? Metainfo, reach, find);
        return request with
        {
            Reach = reach,
            Destination = Wire.ToPath(Destination),
            CurrentFolder = Wire.ToPath(CurrentFolder),
            Peers = Wire.ToList(Peers, Wire.ToEndPoint),
            Trackers = Wire.ToList(Trackers, Wire.ToGivenUri),
            WebSeeds = Wire.ToList(WebSeeds, Wire.ToGivenUri),
            FilePriorities = CommandDto.ToPriorities(FilePriorities),
            Selection = Selection?.ToSelection(),
            Suspended = Suspended ?? request.Suspended,
            MetadataOnly = MetadataOnly,
            MetadataTimeout = Wire.ToTime(MetadataTimeout),
            Recheck = Recheck,
            Reuse = Reuse is null ? null : new DataReuse([.. Reuse.Select(Wire.ToPath).OfType<string>()], Wire.ToEnum(ReuseBy, ReuseMethod.Copy)),
            Options = Options?.ToOptions() ?? TorrentOptions.Unchanged,
        };
    }

    private StartRequest SourceOf(byte[]? bytes, AddressReach reach, Func<TorrentId, SavedTorrent?> find)
    {
        if (bytes is not null)
            return new StartRequest { Metainfo = MetainfoDto.Read(bytes) };
        if (Magnet is not null)
        {
            return MagnetLink.TryParse(Magnet, out MagnetLink? magnet, out string? fault)
                ? new StartRequest { Source = TorrentSource.FromMagnet(magnet, reach) }
                : throw new TorrentException(ContractErrors.InvalidTorrent(fault));
        }

        if (Saved is null)
            return new StartRequest();
        return find(Wire.ToTorrent(Saved)) is { Destination: not null } saved
            ? StartRequest.Of(saved)
            : throw new TorrentException(ContractErrors.NotSaved(Saved));
    }
}
