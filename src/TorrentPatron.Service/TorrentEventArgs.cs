using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service;

/// <summary>The common part of all of a patron's events.</summary>
public abstract class TorrentEventArgs : EventArgs
{
    private protected TorrentEventArgs()
    {
    }

    /// <summary>The info hash of the torrent, as 40 lower-case hexadecimal digits.</summary>
    public abstract string InfoHash { get; }

    /// <summary>The torrent's status at that time; null if the message has none.</summary>
    public abstract TorrentStatus? Status { get; }
}
