using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Engine.Storage;

/// <summary>The files of a saved torrent that is not running in this process. Thread-safe.</summary>
/// <remarks>Determining their real locations examines the disk, and is done once.</remarks>
public sealed class SavedFiles : IFileOwner
{
    private readonly Lazy<(TorrentFiles Files, FilePlace Place)[]> _places;
    private readonly Lazy<TorrentFiles> _files;

    /// <summary>Creates it from a torrent's saved data.</summary>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="saved">Its saved resume data.</param>
    public SavedFiles(TorrentMetainfo metainfo, ResumeData saved)
    {
        ArgumentNullException.ThrowIfNull(metainfo);
        ArgumentNullException.ThrowIfNull(saved);
        Metainfo = metainfo;
        _files = new Lazy<TorrentFiles>(() => TorrentFiles.Of(metainfo, saved));
        _places = new Lazy<(TorrentFiles, FilePlace)[]>(() => saved.MovingTo is { } to
            ? [PlaceOf(metainfo, saved), PlaceOf(metainfo, saved with { Destination = to })]
            : [PlaceOf(metainfo, saved)]);
    }

    /// <summary>The torrent.</summary>
    internal TorrentMetainfo Metainfo { get; }

    /// <summary>The state of its files when it was saved.</summary>
    internal TorrentFiles Files => _files.Value;

    /// <summary>Whether nothing is saved of the torrent yet: another process is just starting it.</summary>
    public bool IsStarting { get; init; }

    /// <summary>The torrent's file or top folder, an absolute path with links resolved.</summary>
    public string Root => _places.Value[0].Place.Root;

    IEnumerable<(TorrentFiles Files, FilePlace Place)> IFileOwner.Places() => _places.Value;

    private static (TorrentFiles Files, FilePlace Place) PlaceOf(TorrentMetainfo metainfo, ResumeData saved)
    {
        TorrentFiles files = TorrentFiles.Of(metainfo, saved);
        return (files, new FilePlace(files.Layout));
    }
}
