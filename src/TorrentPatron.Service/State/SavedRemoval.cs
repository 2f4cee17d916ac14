using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Routing;

namespace TorrentPatron.Service.State;

/// <summary>Removes torrents that are saved but do not run, and optionally their data. Blocks on the disk.</summary>
/// <param name="states">The state folder.</param>
/// <param name="destinations">The folders in which files may be deleted.</param>
internal sealed class SavedRemoval(StateFolder states, DestinationRules destinations)
{
    /// <summary>Removes a torrent.</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="id">The correlation id of the answer.</param>
    /// <param name="deleteData">Whether to delete the files that belong to it.</param>
    /// <exception cref="TorrentException">
    /// It is not saved, another process runs it, or it is unknown which files belong to it.
    /// </exception>
    public TorrentRemoved Remove(TorrentId torrent, long id, bool deleteData)
    {
        SavedTorrent saved = states.Find(torrent) ?? throw new TorrentException(ServiceErrors.NotFound(torrent));
        if (saved.ReadMetainfo() is not { } metainfo)
        {
            if (deleteData && saved.Magnet is null)
                throw new TorrentException(ServiceErrors.DataUnknown(torrent));
            states.Forget(saved.TorrentId);
            return new TorrentRemoved(torrent, id, FilesDeleted: 0, BytesDeleted: 0);
        }

        using ResumeStore store = states.Open(saved.TorrentId, metainfo, isRead: true, saved.Read);
        ResumeData? data = store.Load(out _);
        if (data is not null && deleteData)
            destinations.Check(data.Destination);
        ErasedData erased = deleteData ? Erase(metainfo, data, store) : ErasedData.Nothing;
        if (data is not null && destinations.Allows(data.Destination))
            TorrentData.EraseParts(metainfo, data);
        store.Discard();
        return new TorrentRemoved(torrent, id, erased.Files, erased.Bytes) { Warnings = erased.Warnings };
    }

    private static ErasedData Erase(TorrentMetainfo metainfo, ResumeData? data, ResumeStore store) => data is not null
        ? TorrentData.Erase(metainfo, data, store)
        : throw new TorrentException(ServiceErrors.DataUnknown(metainfo.TorrentId));
}
