using System.Net;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Client;

/// <summary>One of a torrent's connected peers as it stood at one moment. Immutable; sizes are bytes, rates bytes/s.</summary>
public sealed record PeerSnapshot
{
    /// <summary>Its address as it is connected.</summary>
    public required IPEndPoint EndPoint { get; init; }

    /// <summary>What program it says it is, safe to print; empty where it does not say.</summary>
    public string Client { get; init; } = "";

    /// <summary>How its address was found.</summary>
    public PeerSource Source { get; init; }

    /// <summary>Whether it dialled us.</summary>
    public bool IsIncoming { get; init; }

    /// <summary>How the connection is encrypted; none: it is plain from its first byte.</summary>
    public EncryptionMethods Encryption { get; init; }

    /// <summary>The protocol by which it is connected.</summary>
    public PeerTransport Transport { get; init; }

    /// <summary>The name of its class, <see cref="PeerClass.Local"/> for a peer in the local network; empty: no class has its address.</summary>
    public string Class { get; init; } = "";

    /// <summary>Whether it does not answer our requests.</summary>
    public bool IsChoking { get; init; }

    /// <summary>Whether it wants something that we have.</summary>
    public bool IsInterested { get; init; }

    /// <summary>Whether we do not answer its requests.</summary>
    public bool AmChoking { get; init; }

    /// <summary>Whether we want something that it has.</summary>
    public bool AmInterested { get; init; }

    /// <summary>Whether it owes us what we have asked for, for a minute or longer.</summary>
    public bool IsSnubbed { get; init; }

    /// <summary>Whether we answer its requests in turn with others, to see whether it gives more than they do.</summary>
    public bool IsOptimistic { get; init; }

    /// <summary>
    /// How the connection stands, in the letters that other clients show: D we download (d we would, and are choked), U it downloads (u it
    /// would, and is choked), K it would give and we want nothing, ? we would give and it wants nothing, O optimistically unchoked, S snubbed,
    /// I incoming, H found by the DHT, X by peer exchange, L in the local network, E encrypted (e its handshake only), P by uTP.
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

    /// <summary>Payload received from it in a second.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload sent to it in a second.</summary>
    public long UploadRate { get; init; }

    /// <summary>Payload received from it.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Payload sent to it.</summary>
    public long BytesSent { get; init; }

    /// <summary>Share of the torrent's pieces that it has, 0 to 100.</summary>
    public double PercentComplete { get; init; }
}
