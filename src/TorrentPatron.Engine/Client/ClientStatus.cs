using System.Collections.ObjectModel;
using System.Net;

namespace TorrentPatron.Engine.Client;

/// <summary>A snapshot of an engine. Immutable; rates are bytes/s.</summary>
public sealed record ClientStatus
{
    /// <summary>The engine's name.</summary>
    public required string Engine { get; init; }

    /// <summary>The addresses it listens on; empty where listening is off or failed.</summary>
    public ReadOnlyCollection<IPEndPoint> ListenEndPoints { get; init; } = [];

    /// <summary>Number of torrents.</summary>
    public int Torrents { get; init; }

    /// <summary>Connected peers of all torrents.</summary>
    public int ConnectedPeers { get; init; }

    /// <summary>Payload received by all torrents, bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload sent by all torrents, bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>The state of its DHT node; null if it has none.</summary>
    public DhtStatus? Dht { get; init; }

    /// <summary>The ports that routers have mapped for the engine.</summary>
    public ReadOnlyCollection<PortMappingSnapshot> PortMappings { get; init; } = [];

    /// <summary>
    /// Why no router has mapped a port, as a sentence; null if one has, or if none was asked or has answered yet.
    /// </summary>
    public string? PortMappingProblem { get; init; }

    /// <summary>Our address on the internet, as reported by the router or the DHT; null if unknown.</summary>
    public IPAddress? OutsideAddress { get; init; }

    /// <summary>Whether a peer from the internet has connected to this engine.</summary>
    public bool HasIncoming { get; init; }

    /// <summary>Connections and datagrams, in either direction, that the IP filter has refused.</summary>
    public long FilteredConnections { get; init; }

    /// <summary>Why the engine cannot be reached from outside, or null.</summary>
    public TorrentError? Warning { get; init; }
}
