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

    /// <summary>Whether it does not answer our requests.</summary>
    public bool IsChoking { get; init; }

    /// <summary>Whether it wants something that we have.</summary>
    public bool IsInterested { get; init; }

    /// <summary>Whether we do not answer its requests.</summary>
    public bool AmChoking { get; init; }

    /// <summary>Whether we want something that it has.</summary>
    public bool AmInterested { get; init; }

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
