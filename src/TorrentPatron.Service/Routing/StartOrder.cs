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

/// <summary>What a request to start a torrent comes to once its source has been read.</summary>
/// <param name="request">The request.</param>
/// <param name="content">What was found at its source.</param>
/// <param name="namedPeers">Addresses of peers that a magnet link gives by name.</param>
internal sealed class StartOrder(StartRequest request, SourceContent content, IReadOnlyList<IPEndPoint> namedPeers)
{
    /// <summary>The most files that a magnet link may choose; what it names beyond is not chosen.</summary>
    private const int MostChosenFiles = 200_000;

    /// <summary>The request.</summary>
    public StartRequest Request => request;

    /// <summary>What its source has said.</summary>
    public ReadSource Read => new(content, namedPeers);

    /// <summary>Absolute path of the folder below which the files are to lie, where the torrent does not run yet.</summary>
    public string Destination => Path.GetFullPath(request.Destination ?? request.SavedDestination ?? request.CurrentFolder ?? Environment.CurrentDirectory);

    /// <summary>Which torrent.</summary>
    public TorrentId TorrentId => content.TorrentId;

    /// <summary>What is in the torrent; null where only a link was found.</summary>
    public TorrentMetainfo? Metainfo => content.Metainfo;

    /// <summary>The link; null where the torrent itself was found.</summary>
    public MagnetLink? Magnet => content.Magnet;

    /// <summary>Peers that the link names, by address or by name, but for addresses that its source may not name.</summary>
    public IReadOnlyList<IPEndPoint> FoundPeers { get; } =
        (content.Magnet?.Peers.Select(peer => peer.EndPoint).OfType<IPEndPoint>() ?? []).Concat(namedPeers)
        .Where(peer => AddressReaches.Of(peer.Address) >= content.Reach).ToArray();

    /// <summary>Trackers besides the torrent's own and those of the link.</summary>
    /// <exception cref="TorrentException">What was given is not a tracker's address.</exception>
    public IReadOnlyList<Uri> Trackers => field ??= SourceAddresses.Trackers(request.Trackers);

    /// <summary>Web seeds besides the torrent's own and those of the link.</summary>
    /// <exception cref="TorrentException">What was given is not a web seed's address.</exception>
    public IReadOnlyList<Uri> WebSeeds => field ??= SourceAddresses.WebSeeds(request.WebSeeds);

    /// <summary>The web seeds of the .torrent or the link that was given.</summary>
    public IReadOnlyList<Uri> FoundWebSeeds { get; } =
        AddressReader.WebSeeds(content.Metainfo?.WebSeeds ?? content.Magnet?.WebSeeds ?? []).ToArray();

    /// <summary>DHT nodes that the torrent or link names, but for addresses that its source may not name.</summary>
    public IReadOnlyList<HostEndPoint> DhtNodes { get; } =
        (content.Metainfo?.DhtNodes ?? content.Magnet?.DhtNodes ?? []).Where(node => node.EndPoint is not { } endPoint
            || (AddressReaches.IsOfHost(endPoint.Address) && AddressReaches.Of(endPoint.Address) >= content.Reach)).ToArray();

    /// <summary>The trackers of the .torrent or the link that was given.</summary>
    public IReadOnlyList<Uri> FoundTrackers { get; } = AddressReader.Trackers(
        content.Metainfo?.TrackerTiers.SelectMany(tier => tier) ?? content.Magnet?.Trackers ?? []).ToArray();

    /// <summary>Trackers that the .torrent or the link names and that cannot be asked.</summary>
    public IReadOnlyList<string> UnsupportedTrackers { get; } = content.Metainfo?.UnsupportedTrackers ?? content.Magnet?.UnsupportedTrackers ?? [];

    /// <summary>Which files are wanted: as the request says, or else the link (BEP 53).</summary>
    public FileSelection? Selection => request.Selection ?? (request.FilePriorities.Count == 0 ? SelectionOfLink() : null);

    /// <summary>Refuses what cannot be started.</summary>
    /// <exception cref="TorrentException">Why.</exception>
    public void Check()
    {
        _ = Trackers;
        _ = WebSeeds;
        if (request.Destination is { } destination && !Path.IsPathFullyQualified(destination))
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.DestinationNotWritable,
                $"The destination '{DisplayText.Clean(destination)}' is no absolute path.",
                "Give the folder's full path."));
        }

        if (DestinationPath.Refuse(Destination) is { } refusal)
            throw new TorrentException(refusal);
        if (request.Reuse is { } reuse)
            Check(reuse);
        if (request.FilePriorities.Count != 0 && request.FilePriorities.Count != Metainfo?.Files.Count)
        {
            string files = Metainfo is null ? "it is not known how many the torrent has" : $"the torrent has {Metainfo.Files.Count}";
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidTorrent,
                $"Priorities were given for {request.FilePriorities.Count} files, but {files}.",
                "Give one priority for each file, or none; choose the files of a magnet link by what they are called."));
        }
    }

    /// <summary>The command to the engine.</summary>
    /// <param name="id">Its correlation id.</param>
    /// <param name="torrent">The id by which the torrent runs and is saved.</param>
    /// <param name="metainfo">What is in the torrent; null where that is not known.</param>
    /// <param name="store">Where it is saved.</param>
    /// <param name="magnet">The link by which it was known first; null: none.</param>
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
            // A link whose metadata an earlier run has fetched adds to what was saved with that.
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

    /// <summary>What is new in it for a torrent that runs already.</summary>
    /// <param name="id">The command's correlation id.</param>
    /// <param name="torrent">The id by which it runs.</param>
    /// <param name="isPrivate">Whether the torrent is private: then it keeps its own trackers.</param>
    /// <returns>The command; null: nothing.</returns>
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

    /// <summary>Priority of each file as it is asked for; null where nothing is said of files.</summary>
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
            throw new TorrentException(ServiceErrors.InvalidReuse($"The folder '{DisplayText.Clean(relative)}' to take data from is not an absolute path."));
        if (reuse.Folders.Count > DataReuse.MostFolders)
            throw new TorrentException(ServiceErrors.InvalidReuse($"Data can be taken from {DataReuse.MostFolders} folders, not from {reuse.Folders.Count}."));
        if (request.Options.SeedOnly == true)
            throw new TorrentException(ServiceErrors.InvalidReuse("A torrent that is only seeded takes no data over: nothing is written to it."));
    }

    private FileSelection? SelectionOfLink() => Magnet is not { SelectedFiles: { Count: > 0 } ranges } ? null : new FileSelection
    {
        Indices = [.. ranges.SelectMany(range => Enumerable.Range(range.First, Math.Min(range.Last - range.First, MostChosenFiles - 1) + 1))
            .Take(MostChosenFiles)],
    };
}
