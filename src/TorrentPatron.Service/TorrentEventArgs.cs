using TorrentPatron.Engine.Client;

namespace TorrentPatron.Service;

/// <summary>What all of a patron's events carry, whatever they are about.</summary>
public abstract class TorrentEventArgs : EventArgs
{
    private protected TorrentEventArgs()
    {
    }

    /// <summary>Which torrent it is about, as 40 lower-case hexadecimal digits.</summary>
    public abstract string InfoHash { get; }

    /// <summary>The torrent as it was then; null where the message has no status.</summary>
    public abstract TorrentStatus? Status { get; }
}
