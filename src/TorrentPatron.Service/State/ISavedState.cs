using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Service.State;

/// <summary>The torrents whose state a service has saved. Its methods read from a disk or ask another process.</summary>
public interface ISavedState
{
    /// <summary>Full path of the folder; for a service in another process, as that process sees it.</summary>
    string FolderPath { get; }

    /// <summary>The saved metainfo of a torrent.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <returns>The metainfo; null if none is saved or it cannot be read.</returns>
    TorrentMetainfo? ReadMetainfo(TorrentId torrent);

    /// <summary>A torrent whose state is saved, running or not; null if it is not saved.</summary>
    /// <param name="torrent">Which torrent.</param>
    SavedTorrent? Find(TorrentId torrent);

    /// <summary>The torrents whose state is saved, running or not, in the order of their info hashes.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    IReadOnlyList<SavedTorrent> Enumerate();
}
