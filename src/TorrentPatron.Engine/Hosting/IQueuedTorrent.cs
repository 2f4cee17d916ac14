namespace TorrentPatron.Engine.Hosting;

/// <summary>A torrent with a place in the queue. Called without the queue's lock.</summary>
internal interface IQueuedTorrent
{
    /// <summary>
    /// <see cref="QueuePlace.MayRun"/> differs from what the torrent does: it is to start or to wait. Must not block, and must not
    /// change anything before it returns, because the caller may hold the torrent's lock.
    /// </summary>
    void TurnChanged();

    /// <summary>Its <see cref="QueuePlace.Key"/> has changed to make room for another torrent.</summary>
    void KeyChanged();
}
