using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>A snapshot of one of a torrent's connected peers. Immutable; sizes are bytes, rates bytes/s.</summary>
public sealed record TorrentPeer
{
    internal TorrentPeer(TorrentStatus torrent, PeerSnapshot peer)
    {
        TorrentName = torrent.Name;
        InfoHash = torrent.InfoHash;
        EndPoint = peer.EndPoint;
        Client = peer.Client;
        Source = peer.Source;
        IsIncoming = peer.IsIncoming;
        Encryption = peer.Encryption;
        Transport = peer.Transport;
        Class = peer.Class;
        Flags = peer.Flags;
        IsChoking = peer.IsChoking;
        IsInterested = peer.IsInterested;
        AmChoking = peer.AmChoking;
        AmInterested = peer.AmInterested;
        DownloadRate = peer.DownloadRate;
        UploadRate = peer.UploadRate;
        BytesReceived = peer.BytesReceived;
        BytesSent = peer.BytesSent;
        PercentComplete = peer.PercentComplete;
    }

    /// <summary>The torrent's name.</summary>
    public string TorrentName { get; }

    /// <summary>The torrent's info hash, as 40 lower-case hexadecimal digits.</summary>
    public string InfoHash { get; }

    /// <summary>The peer's address.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The client program that the peer named; empty if it named none.</summary>
    public string Client { get; }

    /// <summary>The source of its address.</summary>
    public PeerSource Source { get; }

    /// <summary>Whether it connected to us.</summary>
    public bool IsIncoming { get; }

    /// <summary>The encryption of the connection: None, Plaintext (after an encrypted handshake) or Rc4.</summary>
    public EncryptionMethods Encryption { get; }

    /// <summary>The transport protocol: Tcp or Utp.</summary>
    public PeerTransport Transport { get; }

    /// <summary>The name of its peer class, Local for a peer in the local network; empty if no class has its address.</summary>
    public string Class { get; }

    /// <summary>
    /// The state of the connection, in the letters of other clients: D we download (d we want to, but are choked), U it downloads (u it wants
    /// to, but is choked), K unchoked us but we want nothing, ? we unchoked it but it wants nothing, O optimistically unchoked, S snubbed,
    /// I incoming, H found by the DHT, X by peer exchange, L in the local network, E encrypted (e handshake only), P by uTP.
    /// </summary>
    public string Flags { get; }

    /// <summary>Whether it refuses our requests.</summary>
    public bool IsChoking { get; }

    /// <summary>Whether it wants pieces that we have.</summary>
    public bool IsInterested { get; }

    /// <summary>Whether we refuse its requests.</summary>
    public bool AmChoking { get; }

    /// <summary>Whether we want pieces that it has.</summary>
    public bool AmInterested { get; }

    /// <summary>Payload received from it per second.</summary>
    public long DownloadRate { get; }

    /// <summary>Payload sent to it per second.</summary>
    public long UploadRate { get; }

    /// <summary>Payload received from it.</summary>
    public long BytesReceived { get; }

    /// <summary>Payload sent to it.</summary>
    public long BytesSent { get; }

    /// <summary>Percentage of the torrent's pieces that it has, 0 to 100.</summary>
    public double PercentComplete { get; }

    /// <summary>The address and the client program.</summary>
    public override string ToString() => Client.Length > 0 ? $"{EndPoint} ({Client})" : EndPoint.ToString();
}
