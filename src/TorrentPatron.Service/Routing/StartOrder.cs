using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Service.Routing;

/// <summary>A request to start a torrent, together with the content of its source.</summary>
/// <param name="request">The request.</param>
/// <param name="content">The content of its source.</param>
/// <param name="namedPeers">Addresses of the peers that a magnet link gives by host name.</param>
internal sealed class StartOrder(StartRequest request, SourceContent content, IReadOnlyList<IPEndPoint> namedPeers)
{
    /// <summary>Maximum number of files that a magnet link may choose; the others it names are ignored.</summary>
    private const int MostChosenFiles = 200_000;

    /// <summary>The request.</summary>
    public StartRequest Request => request;

    /// <summary>The content of its source.</summary>
    public ReadSource Read => new(content, namedPeers);

    /// <summary>Absolute path of the folder for the files, if the torrent does not run yet.</summary>
    public string Destination => Path.GetFullPath(request.Destination ?? request.SavedDestination ?? request.CurrentFolder ?? Environment.CurrentDirectory);

    /// <summary>Which torrent.</summary>
    public TorrentId TorrentId => content.TorrentId;

    /// <summary>The metainfo; null for a magnet link.</summary>
    public TorrentMetainfo? Metainfo => content.Metainfo;

    /// <summary>The magnet link; null for metainfo.</summary>
    public MagnetLink? Magnet => content.Magnet;

    /// <summary>Peers that the link names, by address or host name, except addresses that its source may not name.</summary>
    public IReadOnlyList<IPEndPoint> FoundPeers { get; } =
        (content.Magnet?.Peers.Select(peer => peer.EndPoint).OfType<IPEndPoint>() ?? []).Concat(namedPeers)
        .Where(peer => AddressReaches.Of(peer.Address) >= content.Reach).ToArray();

    /// <summary>Trackers in addition to those of the torrent and the link.</summary>
    /// <exception cref="TorrentException">An address is not a tracker's.</exception>
    public IReadOnlyList<Uri> Trackers => field ??= SourceAddresses.Trackers(request.Trackers);

    /// <summary>Web seeds in addition to those of the torrent and the link.</summary>
    /// <exception cref="TorrentException">An address is not a web seed's.</exception>
    public IReadOnlyList<Uri> WebSeeds => field ??= SourceAddresses.WebSeeds(request.WebSeeds);

    /// <summary>The web seeds of the given .torrent or link.</summary>
    public IReadOnlyList<Uri> FoundWebSeeds { get; } =
        AddressReader.WebSeeds(content.Metainfo?.WebSeeds ?? content.Magnet?.WebSeeds ?? []).ToArray();

    /// <summary>DHT nodes that the torrent or link names, except addresses that its source may not name.</summary>
    public IReadOnlyList<HostEndPoint> DhtNodes { get; } =
        (content.Metainfo?.DhtNodes ?? content.Magnet?.DhtNodes ?? []).Where(node => node.EndPoint is not { } endPoint
            || (AddressReaches.IsOfHost(endPoint.Address) && AddressReaches.Of(endPoint.Address) >= content.Reach)).ToArray();

    /// <summary>The trackers of the given .torrent or link.</summary>
    public IReadOnlyList<Uri> FoundTrackers { get; } = AddressReader.Trackers(
        content.Metainfo?.TrackerTiers.SelectMany(tier => tier) ?? content.Magnet?.Trackers ?? []).ToArray();

    /// <summary>Trackers of the .torrent or link that are unsupported.</summary>
    public IReadOnlyList<string> UnsupportedTrackers { get; } = content.Metainfo?.UnsupportedTrackers ?? content.Magnet?.UnsupportedTrackers ?? [];

    /// <summary>The wanted files, from the request or else from the link (BEP 53).</summary>
    public FileSelection? Selection => request.Selection ?? (request.FilePriorities.Count == 0 ? SelectionOfLink() : null);

    /// <summary>Refuses an invalid request.</summary>
    /// <exception cref="TorrentException">The request is invalid; the error says why.</exception>
    public void Check()
    {
        _ = Trackers;
        _ = WebSeeds;
        if (request.Destination is { } destination && !Path.IsPathFullyQualified(destination))
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.DestinationNotWritable,
                $"The destination '{DisplayText.Clean(destination)}' is not an absolute path.",
                "Give the folder's full path."));
        }

        if (DestinationPath.Refuse(Destination) is { } refusal)
            throw new TorrentException(refusal);
        if (request.Reuse is { } reuse)
            Check(reuse);
        if (request.FilePriorities.Count != 0 && request.FilePriorities.Count != Metainfo?.Files.Count)
        {
            string files = Metainfo is null ? "the number of files of the torrent is not known yet" : $"the torrent has {Metainfo.Files.Count}";
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidTorrent,
                $"Priorities were given for {request.FilePriorities.Count} files, but {files}.",
                "Give one priority for each file, or none; choose the files of a magnet link by name."));
        }
    }

    /// <summary>The command to the engine.</summary>
    /// <param name="id">Its correlation id.</param>
    /// <param name="torrent">The id with which the torrent runs and is saved.</param>
    /// <param name="metainfo">The metainfo; null if it is not known.</param>
    /// <param name="store">The torrent's saved state.</param>
    /// <param name="magnet">The link by which it was first known; null if there is none.</param>
    public CreateNewTorrent ToCommand(long id, TorrentId torrent, TorrentMetainfo? metainfo, MagnetLink? magnet, IResumeStore store)
    {
        string destination = Destination;
        bool isKnown = metainfo is not null;
        var command = isKnown
            ? new CreateNewTorrent(id, metainfo!, destination) { ResumeStore = store, Magnet = magnet }
            : new CreateNewTorrent(id, magnet!, destination) { ResumeStore = store };
        return command with
        {
            TorrentId = torrent,
            IsDestinationSaved = request is { Destination: null, SavedDestination: not null },
            Peers = request.Peers,
            // A link whose metadata an earlier run has fetched adds to the saved trackers and web seeds.
            FoundPeers = FoundPeers,
            Trackers = Trackers,
            FoundTrackers = FoundTrackers,
            WebSeeds = WebSeeds,
            FoundWebSeeds = FoundWebSeeds,
            DhtNodes = DhtNodes,
            FilePriorities = request.FilePriorities,
            Suspended = request.Suspended,
            Recheck = request.Recheck,
            Reuse = request.Reuse,
            Options = request.Options,
            Selection = Selection,
            MetadataOnly = request.MetadataOnly,
            MetadataTimeout = request.MetadataTimeout,
        };
    }

    /// <summary>The command that adds the request's new peers, trackers and web seeds to a running torrent.</summary>
    /// <param name="id">The command's correlation id.</param>
    /// <param name="torrent">The id with which it runs.</param>
    /// <param name="isPrivate">Whether the torrent is private: it then keeps only its own trackers.</param>
    /// <returns>The command; null if nothing is new.</returns>
    public AddSources? ToSources(long id, TorrentId torrent, bool isPrivate)
    {
        IReadOnlyList<Uri> trackers = isPrivate ? [] : Trackers;
        IReadOnlyList<Uri> found = isPrivate ? [] : FoundTrackers;
        IReadOnlyList<HostEndPoint> nodes = isPrivate ? [] : DhtNodes;
        IReadOnlyList<Uri> webSeeds = isPrivate ? [] : FoundWebSeeds;
        return request.Peers.Count + FoundPeers.Count + trackers.Count + found.Count + nodes.Count + WebSeeds.Count + webSeeds.Count == 0
            ? null
            : new AddSources(id, torrent, request.Peers, trackers)
            {
                FoundPeers = FoundPeers,
                FoundTrackers = found,
                WebSeeds = WebSeeds,
                FoundWebSeeds = webSeeds,
                DhtNodes = nodes,
            };
    }

    /// <summary>Priority of each file that the request asks for; null if it does not choose files.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <exception cref="TorrentException">No file is chosen.</exception>
    public IReadOnlyList<FilePriority>? Priorities(TorrentMetainfo metainfo)
    {
        if (request.FilePriorities.Count > 0)
            return request.FilePriorities;
        if (Selection?.Resolve(metainfo) is not { } chosen)
            return null;
        if (chosen.Count == 0)
            return [.. Enumerable.Repeat(FilePriority.Normal, metainfo.Files.Count)];
        return chosen.Any(priority => priority != FilePriority.Skip)
            ? chosen
            : throw new TorrentException(FileSelection.NothingSelected(metainfo));
    }

    private void Check(DataReuse reuse)
    {
        if (reuse.Folders.FirstOrDefault(folder => !Path.IsPathFullyQualified(folder)) is { } relative)
            throw new TorrentException(ServiceErrors.InvalidReuse($"The folder '{DisplayText.Clean(relative)}' to reuse data from is not an absolute path."));
        if (reuse.Folders.Count > DataReuse.MostFolders)
            throw new TorrentException(ServiceErrors.InvalidReuse($"Data can be reused from at most {DataReuse.MostFolders} folders, not {reuse.Folders.Count}."));
        if (request.Options.SeedOnly == true)
            throw new TorrentException(ServiceErrors.InvalidReuse("A torrent that is only seeded cannot reuse data, because nothing is written to it."));
    }

    private FileSelection? SelectionOfLink() => Magnet is not { SelectedFiles: { Count: > 0 } ranges } ? null : new FileSelection
    {
        Indices = [.. ranges.SelectMany(range => Enumerable.Range(range.First, Math.Min(range.Last - range.First, MostChosenFiles - 1) + 1))
            .Take(MostChosenFiles)],
    };
}
