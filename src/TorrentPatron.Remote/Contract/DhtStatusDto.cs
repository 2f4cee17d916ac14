using System.Diagnostics.CodeAnalysis;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>A DHT node on the wire, with its properties.</summary>
internal sealed class DhtStatusDto
{
    public string[]? EndPoints { get; set; }

    public int NodesIPv4 { get; set; }

    public int NodesIPv6 { get; set; }

    public int Torrents { get; set; }

    public int Lookups { get; set; }

    public long LookupsMade { get; set; }

    public int StoredTorrents { get; set; }

    public int StoredPeers { get; set; }

    public long BytesReceived { get; set; }

    public long BytesSent { get; set; }

    public string? ExternalAddress { get; set; }

    [return: NotNullIfNotNull(nameof(status))]
    public static DhtStatusDto? Of(DhtStatus? status) => status is null ? null : new DhtStatusDto
    {
        EndPoints = Wire.OfList(status.EndPoints, Wire.OfEndPoint),
        NodesIPv4 = status.NodesIPv4,
        NodesIPv6 = status.NodesIPv6,
        Torrents = status.Torrents,
        Lookups = status.Lookups,
        LookupsMade = status.LookupsMade,
        StoredTorrents = status.StoredTorrents,
        StoredPeers = status.StoredPeers,
        BytesReceived = status.BytesReceived,
        BytesSent = status.BytesSent,
        ExternalAddress = Wire.OfAddress(status.ExternalAddress),
    };

    public DhtStatus ToStatus() => new()
    {
        EndPoints = Wire.ToList(EndPoints, Wire.ToEndPoint),
        NodesIPv4 = NodesIPv4,
        NodesIPv6 = NodesIPv6,
        Torrents = Torrents,
        Lookups = Lookups,
        LookupsMade = LookupsMade,
        StoredTorrents = StoredTorrents,
        StoredPeers = StoredPeers,
        BytesReceived = BytesReceived,
        BytesSent = BytesSent,
        ExternalAddress = Wire.ToAddress(ExternalAddress),
    };
}
