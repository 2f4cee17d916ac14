using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;

namespace TorrentPatron.Service.Routing;

/// <summary>Receives the statuses of torrents from the engine. Dispose ends it.</summary>
internal interface IStatusWatcher : IDisposable
{
    /// <summary>The only torrent whose statuses it receives; null means all torrents.</summary>
    TorrentId? Torrent { get; }

    /// <summary>Takes a status. Called by one thread, under a lock; must not block.</summary>
    /// <param name="of">The torrent.</param>
    /// <param name="status">Its status.</param>
    /// <param name="isLast">Whether the engine has released the torrent.</param>
    void See(TorrentId of, TorrentStatus status, bool isLast);

    /// <summary>Notes that no more statuses follow.</summary>
    void End();
}
