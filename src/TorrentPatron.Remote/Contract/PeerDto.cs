using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Remote.Contract;

/// <summary>A connected peer on the wire, with its properties.</summary>
internal sealed class PeerDto
{
    public string? EndPoint { get; set; }

    public string? Client { get; set; }

    public string? Source { get; set; }

    public bool IsIncoming { get; set; }

    public string? Encryption { get; set; }

    public string? Transport { get; set; }

    public string? Class { get; set; }

    public bool IsChoking { get; set; }

    public bool IsInterested { get; set; }

    public bool AmChoking { get; set; }

    public bool AmInterested { get; set; }

    public bool IsSnubbed { get; set; }

    public bool IsOptimistic { get; set; }

    public long DownloadRate { get; set; }

    public long UploadRate { get; set; }

    public long BytesReceived { get; set; }

    public long BytesSent { get; set; }

    public double PercentComplete { get; set; }

    public static PeerDto Of(PeerSnapshot peer) => new()
    {
        EndPoint = Wire.OfEndPoint(peer.EndPoint),
        Client = peer.Client,
        Source = peer.Source.ToString(),
        IsIncoming = peer.IsIncoming,
        Encryption = peer.Encryption.ToString(),
        Transport = peer.Transport.ToString(),
        Class = peer.Class,
        IsChoking = peer.IsChoking,
        IsInterested = peer.IsInterested,
        AmChoking = peer.AmChoking,
        AmInterested = peer.AmInterested,
        IsSnubbed = peer.IsSnubbed,
        IsOptimistic = peer.IsOptimistic,
        DownloadRate = peer.DownloadRate,
        UploadRate = peer.UploadRate,
        BytesReceived = peer.BytesReceived,
        BytesSent = peer.BytesSent,
        PercentComplete = peer.PercentComplete,
    };

    public PeerSnapshot ToSnapshot() => new()
    {
        EndPoint = Wire.ToEndPoint(EndPoint),
        Client = Client ?? "",
        Source = Wire.ToEnum<PeerSource>(Source),
        IsIncoming = IsIncoming,
        Encryption = Wire.ToFlags<EncryptionMethods>(Encryption),
        Transport = Wire.ToEnum<PeerTransport>(Transport),
        Class = Class ?? "",
        IsChoking = IsChoking,
        IsInterested = IsInterested,
        AmChoking = AmChoking,
        AmInterested = AmInterested,
        IsSnubbed = IsSnubbed,
        IsOptimistic = IsOptimistic,
        DownloadRate = DownloadRate,
        UploadRate = UploadRate,
        BytesReceived = BytesReceived,
        BytesSent = BytesSent,
        PercentComplete = PercentComplete,
    };
}
