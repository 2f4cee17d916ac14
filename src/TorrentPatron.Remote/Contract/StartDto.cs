using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Contract;

/// <summary>
/// A torrent to start and its options, on the wire. The client reads the source, so that the service reads no file that the client may not
/// read. Times are seconds. One of <see cref="Metainfo"/>, <see cref="Upload"/>, <see cref="Magnet"/> and <see cref="Saved"/> is required.
/// </summary>
internal sealed class StartDto
{
    /// <summary>Maximum number of bytes of a .torrent in the start itself; a larger one is uploaded before.</summary>
    public const int MostMetainfo = 512 << 10;

    /// <summary>The patron that asks, as a GUID; omitted for the connection's own.</summary>
    public Guid? Patron { get; set; }

    /// <summary>The .torrent, in base64.</summary>
    public byte[]? Metainfo { get; set; }

    /// <summary>The name of the .torrent's upload.</summary>
    public string? Upload { get; set; }

    /// <summary>A magnet link.</summary>
    public string? Magnet { get; set; }

    /// <summary>Info hash of a torrent that the service has saved, to restore it.</summary>
    public string? Saved { get; set; }

    /// <summary>The reach of the source, which limits the addresses of peers and DHT nodes that it may name.</summary>
    public string? Reach { get; set; }

    public string? Destination { get; set; }

    public string? CurrentFolder { get; set; }

    public string[]? Peers { get; set; }

    public string[]? Trackers { get; set; }

    public string[]? WebSeeds { get; set; }

    /// <summary>Priority of each file, including padding: 0 (skip), 1 (low), 4 (normal) or 7 (high).</summary>
    public int[]? FilePriorities { get; set; }

    public SelectionDto? Selection { get; set; }

    /// <summary>Whether to add the torrent without starting it; omitted for the saved state.</summary>
    public bool? Suspended { get; set; }

    public bool MetadataOnly { get; set; }

    public double? MetadataTimeout { get; set; }

    public bool Recheck { get; set; }

    /// <summary>Absolute paths of folders and files to search for data before downloading it.</summary>
    public string[]? Reuse { get; set; }

    /// <summary>How to reuse the data: <c>Copy</c> or <c>HardLink</c>; omitted, it is copied.</summary>
    public string? ReuseBy { get; set; }

    public OptionsDto? Options { get; set; }

    /// <summary>Writes a request; <see cref="Take"/> writes its source.</summary>
    public static StartDto Of(StartRequest request) => new()
    {
        Reach = request.Reach.ToString(),
        Destination = request.Destination,
        // The service's own current folder has nothing to do with the client's.
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

    /// <summary>Writes the content of the source.</summary>
    public void Take(SourceContent content)
    {
        Metainfo = content.Metainfo?.Raw.ToArray();
        Magnet = content.Magnet?.ToString();
        Reach = content.Reach.ToString();
    }

    /// <summary>Reads a request.</summary>
    /// <param name="uploaded">The uploaded .torrent; null if there is none.</param>
    /// <param name="find">Finds a saved torrent.</param>
    /// <exception cref="TorrentException">It cannot be read.</exception>
    public StartRequest ToRequest(byte[]? uploaded, Func<TorrentId, SavedTorrent?> find)
    {
        // Without a statement of the client, the source may be anywhere.
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
