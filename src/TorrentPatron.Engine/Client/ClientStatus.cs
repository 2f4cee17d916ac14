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

    /// <summary>Why the engine cannot be reached from outside, or null.</summary>
    public TorrentError? Warning { get; init; }
}
