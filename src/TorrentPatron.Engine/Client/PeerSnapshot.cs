using System.Net;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Client;

/// <summary>A snapshot of one of a torrent's connected peers. Immutable; sizes are bytes, rates bytes/s.</summary>
public sealed record PeerSnapshot
{
    /// <summary>The peer's address.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>The name of the peer's program, safe to print; empty if it sent none.</summary>
    public string Client { get; init; } = "";

    /// <summary>How its address was found.</summary>
    public PeerSource Source { get; init; }

    /// <summary>Whether the peer connected to us.</summary>
    public bool IsIncoming { get; init; }

    /// <summary>How the connection is encrypted; none means plaintext from the first byte.</summary>
    public EncryptionMethods Encryption { get; init; }

    /// <summary>The connection's transport protocol.</summary>
    public PeerTransport Transport { get; init; }

    /// <summary>
    /// The name of its peer class, <see cref="PeerClass.Local"/> for the local network; empty if no class contains its address.
    /// </summary>
    public string Class { get; init; } = "";

    /// <summary>Whether the peer is choking us.</summary>
    public bool IsChoking { get; init; }

    /// <summary>Whether the peer is interested in our pieces.</summary>
    public bool IsInterested { get; init; }

    /// <summary>Whether we are choking the peer.</summary>
    public bool AmChoking { get; init; }

    /// <summary>Whether we are interested in its pieces.</summary>
    public bool AmInterested { get; init; }

    /// <summary>Whether it has left our requests unanswered for a minute or longer.</summary>
    public bool IsSnubbed { get; init; }

    /// <summary>Whether it is optimistically unchoked: served for a while to see whether it gives more than others.</summary>
    public bool IsOptimistic { get; init; }

    /// <summary>
    /// The connection's state, in the letters that other clients use: D downloading from it (d interested, but choked), U
    /// uploading to it (u it is interested, but choked), K it unchoked us and we are not interested, ? we unchoked it and it is
    /// not interested, O optimistically unchoked, S snubbed, I incoming, H from the DHT, X from peer exchange, L from the local
    /// network, E encrypted (e only the handshake), P uTP.
    /// </summary>
    public string Flags
    {
        get
        {
            Span<char> flags = stackalloc char[8];
            int count = 0;
            if (AmInterested || !IsChoking)
                flags[count++] = !AmInterested ? 'K' : IsChoking ? 'd' : 'D';
            if (IsInterested || !AmChoking)
                flags[count++] = !IsInterested ? '?' : AmChoking ? 'u' : 'U';
            if (IsOptimistic)
                flags[count++] = 'O';
            if (IsSnubbed)
                flags[count++] = 'S';
            if (IsIncoming)
                flags[count++] = 'I';
            if (Source is PeerSource.Dht or PeerSource.PeerExchange or PeerSource.LocalDiscovery)
                flags[count++] = Source == PeerSource.Dht ? 'H' : Source == PeerSource.PeerExchange ? 'X' : 'L';
            if (Encryption != EncryptionMethods.None)
                flags[count++] = Encryption == EncryptionMethods.Rc4 ? 'E' : 'e';
            if (Transport == PeerTransport.Utp)
                flags[count++] = 'P';
            return new string(flags[..count]);
        }
    }

    /// <summary>Payload received from it, bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload sent to it, bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>Payload received from it, bytes.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Payload sent to it, bytes.</summary>
    public long BytesSent { get; init; }

    /// <summary>The share of the torrent's pieces that it has, 0 to 100.</summary>
    public double PercentComplete { get; init; }
}
