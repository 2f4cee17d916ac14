using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Requests;

/// <summary>A torrent to start and its options. Either <see cref="Source"/> or <see cref="Metainfo"/> is required.</summary>
public sealed record StartRequest
{
    /// <summary>The location of the .torrent, or a magnet link; ignored if <see cref="Metainfo"/> is given.</summary>
    public TorrentSource? Source { get; init; }

    /// <summary>The metainfo, if it has already been read.</summary>
    public TorrentMetainfo? Metainfo { get; init; }

    /// <summary>
    /// The reach of the source of <see cref="Metainfo"/>, as <see cref="SourceContent.Reach"/>: it limits the addresses of peers and DHT nodes
    /// that the metainfo may name.
    /// </summary>
    public AddressReach Reach { get; init; }

    /// <summary>
    /// Absolute path of the folder for the files; null means <see cref="CurrentFolder"/>, or the present folder if the torrent runs. A running
    /// torrent is not moved: <see cref="TorrentAlreadyDownloading.Warnings"/> says so.
    /// </summary>
    public string? Destination { get; init; }

    /// <summary>
    /// Absolute path of the saved folder of the files, used without a <see cref="Destination"/>. The start fails if links in the path lead
    /// elsewhere than when it was given.
    /// </summary>
    public string? SavedDestination { get; init; }

    /// <summary>Absolute path of the folder to use with neither <see cref="Destination"/> nor <see cref="SavedDestination"/>; null means the process' current folder.</summary>
    public string? CurrentFolder { get; init; }

    /// <summary>Peers from the user.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Trackers in addition to the torrent's own.</summary>
    public IReadOnlyList<Uri> Trackers { get; init; } = [];

    /// <summary>Web seeds (BEP 19; http, https) in addition to the torrent's own.</summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Priority of each file, in the torrent's order; empty means <see cref="Selection"/>.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; init; } = [];

    /// <summary>The wanted files, if <see cref="FilePriorities"/> is empty; null means the saved choice, or else all.</summary>
    public FileSelection? Selection { get; init; }

    /// <summary>
    /// Local folders and files to search for its data before downloading it, and how to reuse the data; null searches only the service's other
    /// torrents. See <see cref="DataReuse"/>.
    /// </summary>
    public DataReuse? Reuse { get; init; }

    /// <summary>Whether to add the torrent without starting it.</summary>
    public bool Suspended { get; init; }

    /// <summary>
    /// Whether to suspend a torrent from a magnet link when its metadata arrives; see also <see cref="Patron.FetchMetadataAsync"/>.
    /// </summary>
    public bool MetadataOnly { get; init; }

    /// <summary>
    /// How long fetching the metadata of a magnet link may take before the torrent fails with <see cref="TorrentErrorId.MetadataTimeout"/>.
    /// Null means no limit.
    /// </summary>
    public TimeSpan? MetadataTimeout { get; init; }

    /// <summary>
    /// How long reading the source may take, such as a server that never answers or a pipe that nobody writes to, before the start fails with
    /// <see cref="TorrentErrorId.SourceNotReadable"/>. Null means no limit.
    /// </summary>
    public TimeSpan? SourceTimeout { get; init; }

    /// <summary>The content of <see cref="Source"/>, if it has already been read.</summary>
    internal ReadSource? Read { get; init; }

    /// <summary>The resume file of a saved torrent; null if it was not read.</summary>
    internal ReadResume? Saved { get; init; }

    /// <summary>Whether to hash all data on disk, regardless of the saved state.</summary>
    public bool Recheck { get; init; }

    /// <summary>The torrent's options; null values keep the saved or current ones.</summary>
    public TorrentOptions Options { get; init; } = TorrentOptions.Unchanged;

    /// <summary>A request that continues a saved torrent as it was; the engine finds the rest of its saved state.</summary>
    /// <param name="saved">The torrent.</param>
    public static StartRequest Of(SavedTorrent saved)
    {
        ArgumentNullException.ThrowIfNull(saved);
        return new StartRequest
        {
            Source = TorrentSource.FromState(saved),
            SavedDestination = saved.Destination,
            Suspended = saved.IsSuspended,
            Saved = saved.Read,
        };
    }
}
