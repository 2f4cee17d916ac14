using System.Net;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A connection to one of a torrent's peers that has ended. Immutable.</summary>
public sealed record ClosedTorrentPeer
{
    internal ClosedTorrentPeer(TorrentStatus torrent, ClosedPeer peer)
    {
        TorrentName = torrent.Name;
        InfoHash = torrent.InfoHash;
        EndPoint = peer.EndPoint;
        Client = peer.Client;
        ClosedAt = peer.ClosedAt.UtcDateTime;
        ClosedBy = peer.ClosedBy;
        Reason = peer.Reason;
    }

    /// <summary>The torrent's name.</summary>
    public string TorrentName { get; }

    /// <summary>The torrent's info hash, as 40 lower-case hexadecimal digits.</summary>
    public string InfoHash { get; }

    /// <summary>The peer's address as it was connected.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>What program it said it is; empty where it did not say.</summary>
    public string Client { get; }

    /// <summary>When the connection ended, UTC.</summary>
    public DateTime ClosedAt { get; }

    /// <summary>Who ended it.</summary>
    public ClosedBy ClosedBy { get; }

    /// <summary>Why, a sentence.</summary>
    public string Reason { get; }

    /// <summary>Address, and why it left.</summary>
    public override string ToString() => $"{EndPoint}: {Reason}";
}
