using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service.Requests;

/// <summary>What to start, and how. One of <see cref="Source"/> and <see cref="Metainfo"/> is needed.</summary>
public sealed record StartRequest
{
    /// <summary>Where the .torrent is, or a magnet link to it; not looked at where <see cref="Metainfo"/> is given.</summary>
    public TorrentSource? Source { get; init; }

    /// <summary>The torrent itself, where it has been read already.</summary>
    public TorrentMetainfo? Metainfo { get; init; }

    /// <summary>
    /// How near the source of <see cref="Metainfo"/> is, as <see cref="SourceContent.Reach"/> says: peers and DHT nodes that it names may be no
    /// nearer.
    /// </summary>
    public AddressReach Reach { get; init; }

    /// <summary>
    /// Absolute path of the folder below which the files lie; null: <see cref="CurrentFolder"/>, or where they lie already if the torrent
    /// runs. A torrent that runs is not moved: <see cref="TorrentAlreadyDownloading.Warnings"/> says so.
    /// </summary>
    public string? Destination { get; init; }

    /// <summary>
    /// Absolute path of the folder where the files were saved, which counts where there is no <see cref="Destination"/>. Where links on the way to
    /// it lead elsewhere than when it was given, the start fails.
    /// </summary>
    public string? SavedDestination { get; init; }

    /// <summary>Absolute path of the folder that counts where there is neither <see cref="Destination"/> nor <see cref="SavedDestination"/>; null: the process' current folder.</summary>
    public string? CurrentFolder { get; init; }

    /// <summary>Peers given by hand.</summary>
    public IReadOnlyList<IPEndPoint> Peers { get; init; } = [];

    /// <summary>Trackers besides the torrent's own.</summary>
    public IReadOnlyList<Uri> Trackers { get; init; } = [];

    /// <summary>Web seeds (BEP 19; http, https) besides the torrent's own.</summary>
    public IReadOnlyList<Uri> WebSeeds { get; init; } = [];

    /// <summary>Priority of each file, in the torrent's order; empty: by <see cref="Selection"/>.</summary>
    public IReadOnlyList<FilePriority> FilePriorities { get; init; } = [];

    /// <summary>Which files are wanted, where there are no <see cref="FilePriorities"/>; null: those that were saved, else all.</summary>
    public FileSelection? Selection { get; init; }

    /// <summary>
    /// Folders and files of this machine in which its data is looked for before it is fetched, and how it comes to the torrent; null: only other
    /// torrents of the service are looked at. See <see cref="DataReuse"/>.
    /// </summary>
    public DataReuse? Reuse { get; init; }

    /// <summary>Whether to add the torrent without letting it run.</summary>
    public bool Suspended { get; init; }

    /// <summary>
    /// Whether a torrent given by a magnet link is suspended when its metadata is here; see also <see cref="Patron.FetchMetadataAsync"/>.
    /// </summary>
    public bool MetadataOnly { get; init; }

    /// <summary>
    /// How long the metadata of a magnet link may take; then the torrent stops by itself with
    /// <see cref="TorrentErrorId.MetadataTimeout"/>. Null: as long as it takes.
    /// </summary>
    public TimeSpan? MetadataTimeout { get; init; }

    /// <summary>
    /// How long the source may take to be read, a server that never answers or a pipe that nobody writes to; then the start fails with
    /// <see cref="TorrentErrorId.SourceNotReadable"/>. Null: as long as it takes.
    /// </summary>
    public TimeSpan? SourceTimeout { get; init; }

    /// <summary>What <see cref="Source"/> has said, where it has been read already.</summary>
    internal ReadSource? Read { get; init; }

    /// <summary>The resume file of a saved torrent, as it was read; null: it was not.</summary>
    internal ReadResume? Saved { get; init; }

    /// <summary>Whether to hash everything on disk, whatever the saved state says.</summary>
    public bool Recheck { get; init; }

    /// <summary>How to treat the torrent; what is null there stays as it was saved, or as it is where the torrent runs.</summary>
    public TorrentOptions Options { get; init; } = TorrentOptions.Unchanged;

    /// <summary>How to start a saved torrent so that it goes on as it was; what else is saved the engine finds where it is.</summary>
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
