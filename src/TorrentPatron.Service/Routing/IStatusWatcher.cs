using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>Sees the statuses of torrents as the engine tells them. Disposing ends it.</summary>
internal interface IStatusWatcher : IDisposable
{
    /// <summary>The one torrent whose statuses it sees; null: it is shown those of all.</summary>
    TorrentId? Torrent { get; }

    /// <summary>Takes a status. Called by one thread, under a lock; must not block.</summary>
    /// <param name="of">Which torrent's.</param>
    /// <param name="status">Its status.</param>
    /// <param name="isLast">Whether the engine has let go of the torrent.</param>
    void See(TorrentId of, TorrentStatus status, bool isLast);

    /// <summary>There will be no more.</summary>
    void End();
}
