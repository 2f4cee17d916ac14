using System.Collections.ObjectModel;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Service.State;

namespace TorrentPatron.Remote.Client;

/// <summary>The saved state of a service in another process.</summary>
/// <param name="engine">Sends requests.</param>
/// <param name="folderPath">Returns the folder, as the service sees it.</param>
internal sealed class RemoteSavedState(RemoteEngine engine, Func<string> folderPath) : ISavedState
{
    public string FolderPath => folderPath();

    public TorrentMetainfo? ReadMetainfo(TorrentId torrent) => engine.GetMetainfo(torrent);

    public SavedTorrent? Find(TorrentId torrent) =>
        Ask(new QueryDto { InfoHash = Wire.OfTorrent(torrent) }, out _) is [SavedTorrent saved, ..] ? saved : null;

    public IReadOnlyList<SavedTorrent> Enumerate()
    {
        var found = new List<SavedTorrent>();
        while (true)
        {
            ReadOnlyCollection<SavedTorrent> part = Ask(new QueryDto { Offset = found.Count }, out int total);
            found.AddRange(part);
            if (part.Count == 0 || found.Count >= total)
                return found;
        }
    }

    private ReadOnlyCollection<SavedTorrent> Ask(QueryDto query, out int total)
    {
        SavedListDto part = engine.Ask(Methods.GetSaved, query);
        total = part.Total;
        return Wire.ToList(part.Torrents, saved => saved.ToSaved(ReadMetainfo, engine.GetFiles));
    }
}
