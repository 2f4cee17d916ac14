using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>One of a torrent's connected peers as it stood at one moment. Immutable; sizes are bytes, rates bytes/s.</summary>
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

    /// <summary>The peer's address as it is connected.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>What program it says it is; empty where it does not say.</summary>
    public string Client { get; }

    /// <summary>How its address was found.</summary>
    public PeerSource Source { get; }

    /// <summary>Whether it dialled us.</summary>
    public bool IsIncoming { get; }

    /// <summary>How the connection is encrypted: None, Plaintext (after an encrypted handshake) or Rc4.</summary>
    public EncryptionMethods Encryption { get; }

    /// <summary>The protocol by which it is connected: Tcp or Utp.</summary>
    public PeerTransport Transport { get; }

    /// <summary>The name of its class, Local for a peer in the local network; empty: no class has its address.</summary>
    public string Class { get; }

    /// <summary>
    /// How the connection stands, in the letters that other clients show: D we download (d we would, and are choked), U it downloads (u it
    /// would, and is choked), K it would give and we want nothing, ? we would give and it wants nothing, O optimistically unchoked, S snubbed,
    /// I incoming, H found by the DHT, X by peer exchange, L in the local network, E encrypted (e its handshake only), P by uTP.
    /// </summary>
    public string Flags { get; }

    /// <summary>Whether it does not answer our requests.</summary>
    public bool IsChoking { get; }

    /// <summary>Whether it wants something that we have.</summary>
    public bool IsInterested { get; }

    /// <summary>Whether we do not answer its requests.</summary>
    public bool AmChoking { get; }

    /// <summary>Whether we want something that it has.</summary>
    public bool AmInterested { get; }

    /// <summary>Payload received from it in a second.</summary>
    public long DownloadRate { get; }

    /// <summary>Payload sent to it in a second.</summary>
    public long UploadRate { get; }

    /// <summary>Payload received from it.</summary>
    public long BytesReceived { get; }

    /// <summary>Payload sent to it.</summary>
    public long BytesSent { get; }

    /// <summary>Share of the torrent's pieces that it has, 0 to 100.</summary>
    public double PercentComplete { get; }

    /// <summary>Address and program.</summary>
    public override string ToString() => Client.Length > 0 ? $"{EndPoint} ({Client})" : EndPoint.ToString();
}
