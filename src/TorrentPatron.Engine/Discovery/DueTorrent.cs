using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>A torrent in a <see cref="DueTorrents{T}"/>.</summary>
/// <param name="infoHash">The torrent.</param>
internal abstract class DueTorrent(InfoHash infoHash)
{
    /// <summary>The torrent.</summary>
    public InfoHash InfoHash { get; } = infoHash;

    /// <summary>When its next turn is due. Set by its collection, under the owner's lock.</summary>
    internal TimeSpan Due { get; set; }

    /// <summary>Distinguishes torrents that are due at the same time: the first one added comes first.</summary>
    internal long Number { get; set; }
}
