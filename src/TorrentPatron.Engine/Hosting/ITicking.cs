using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Hosting;

/// <summary>A torrent as the engine's <see cref="Heartbeat"/> sees it.</summary>
internal interface ITicking
{
    /// <summary>The torrent's id.</summary>
    TorrentId TorrentId { get; }

    /// <summary>Whether it is idle; idle torrents are visited rarely.</summary>
    bool IsResting { get; }

    /// <summary>Does what is due; called about once a second, and rarely while the torrent is idle.</summary>
    void Tick();
}
