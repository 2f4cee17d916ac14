using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Swarms;

/// <summary>Where the state of a torrent is written down.</summary>
internal interface IStateRecord
{
    /// <summary>What the torrent is doing.</summary>
    TorrentState State { get; set; }

    /// <summary>Why it stopped by itself; null where it did not.</summary>
    TorrentError? Error { get; set; }

    /// <summary>Whether nothing happens in it that its status would show.</summary>
    bool IsResting { get; }

    /// <summary>A snapshot of a torrent at rest, as of now.</summary>
    /// <param name="status">An older one.</param>
    TorrentStatus Renew(TorrentStatus status);
}
