using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Contract;

/// <summary>The engine's status on the wire.</summary>
internal sealed class ClientStatusDto
{
    public string? Engine { get; set; }

    public string[]? ListenEndPoints { get; set; }

    public int Torrents { get; set; }

    public int ConnectedPeers { get; set; }

    public long DownloadRate { get; set; }

    public long UploadRate { get; set; }

    public DhtStatusDto? Dht { get; set; }

    public PortMappingDto[]? PortMappings { get; set; }

    public string? PortMappingProblem { get; set; }

    public string? OutsideAddress { get; set; }

    public bool HasIncoming { get; set; }

    public long FilteredConnections { get; set; }

    public ErrorDto? Warning { get; set; }

    public static ClientStatusDto Of(ClientStatus status) => new()
    {
        Engine = status.Engine,
        ListenEndPoints = Wire.OfList(status.ListenEndPoints, Wire.OfEndPoint),
        Torrents = status.Torrents,
        ConnectedPeers = status.ConnectedPeers,
        DownloadRate = status.DownloadRate,
        UploadRate = status.UploadRate,
        Dht = DhtStatusDto.Of(status.Dht),
        PortMappings = Wire.OfList(status.PortMappings, PortMappingDto.Of),
        PortMappingProblem = status.PortMappingProblem,
        OutsideAddress = Wire.OfAddress(status.OutsideAddress),
        HasIncoming = status.HasIncoming,
        FilteredConnections = status.FilteredConnections,
        Warning = ErrorDto.Of(status.Warning),
    };

    public ClientStatus ToStatus() => new()
    {
        Engine = Engine ?? "",
        ListenEndPoints = Wire.ToList(ListenEndPoints, Wire.ToEndPoint),
        Torrents = Torrents,
        ConnectedPeers = ConnectedPeers,
        DownloadRate = DownloadRate,
        UploadRate = UploadRate,
        Dht = Dht?.ToStatus(),
        PortMappings = Wire.ToList(PortMappings, mapping => mapping.ToSnapshot()),
        PortMappingProblem = PortMappingProblem,
        OutsideAddress = Wire.ToAddress(OutsideAddress),
        HasIncoming = HasIncoming,
        FilteredConnections = FilteredConnections,
        Warning = Warning?.ToError(),
    };
}
