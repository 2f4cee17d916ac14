using System.Collections.ObjectModel;
using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>How an engine stood at one moment. Immutable; rates are bytes/s.</summary>
public sealed record ClientStatus
{
    /// <summary>What the engine is called.</summary>
    public required string Engine { get; init; }

    /// <summary>The addresses it listens on; empty where listening is off or failed.</summary>
    public ReadOnlyCollection<IPEndPoint> ListenEndPoints { get; init; } = [];

    /// <summary>Number of torrents.</summary>
    public int Torrents { get; init; }

    /// <summary>Connected peers of all torrents.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Payload received in a second, all torrents.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload sent in a second, all torrents.</summary>
    public long UploadRate { get; init; }

    /// <summary>How its DHT node stands; null where it has none.</summary>
    public DhtStatus? Dht { get; init; }

    /// <summary>The ports that routers have mapped for it; empty where none is mapped.</summary>
    public ReadOnlyCollection<PortMappingSnapshot> PortMappings { get; init; } = [];

    /// <summary>Why no router has mapped a port, in a sentence; null where one has, or none was asked or has answered yet.</summary>
    public string? PortMappingProblem { get; init; }

    /// <summary>The address by which the internet knows us, as the router or the DHT says; null where it is not known.</summary>
    public IPAddress? OutsideAddress { get; init; }

    /// <summary>Whether a peer of the internet has connected to us.</summary>
    public bool HasIncoming { get; init; }

    /// <summary>Connections and datagrams, out and in, that the IP filter has refused.</summary>
    public long FilteredConnections { get; init; }

    /// <summary>Why the engine cannot be reached from outside, or null.</summary>
    public TorrentError? Warning { get; init; }
}
