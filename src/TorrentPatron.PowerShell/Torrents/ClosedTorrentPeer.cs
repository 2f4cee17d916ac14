using System.Net;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A closed connection to one of a torrent's peers. Immutable.</summary>
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

    /// <summary>The peer's address.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The client program that the peer named; empty if it named none.</summary>
    public string Client { get; }

    /// <summary>When the connection ended, UTC.</summary>
    public DateTime ClosedAt { get; }

    /// <summary>The side that closed it.</summary>
    public ClosedBy ClosedBy { get; }

    /// <summary>The reason, as a sentence.</summary>
    public string Reason { get; }

    /// <summary>The address and the reason.</summary>
    public override string ToString() => $"{EndPoint}: {Reason}";
}
