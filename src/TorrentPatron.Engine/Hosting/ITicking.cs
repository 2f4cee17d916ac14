using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Hosting;

/// <summary>A torrent as the engine's <see cref="Heartbeat"/> sees it.</summary>
internal interface ITicking
{
    /// <summary>Which torrent.</summary>
    InfoHash TorrentId { get; }

    /// <summary>Whether it is idle; idle torrents are visited rarely.</summary>
    bool IsResting { get; }

    /// <summary>What is due; called about once a second, or now and then while it is resting.</summary>
    void Tick();
}
