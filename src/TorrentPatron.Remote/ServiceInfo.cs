namespace TorrentPatron.Remote;

#pragma warning disable SA1402, SA1649 // An enumeration and what has it.

/// <summary>What a service is doing.</summary>
public enum ServiceState
{
    /// <summary>No service runs.</summary>
    Stopped,

    /// <summary>It takes up the torrents that are saved; clients see those that it has taken up already.</summary>
    Restoring,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It ends: it tells the trackers and saves the state.</summary>
    Stopping,
}

/// <summary>The process of a service that clients share. An immutable snapshot.</summary>
public sealed record ServiceInfo
{
    /// <summary>What it is doing.</summary>
    public ServiceState State { get; init; }

    /// <summary>The program that hosts it: <c>pwsh</c>, <c>patron</c>.</summary>
    public string Program { get; init; } = "";

    /// <summary>Its version of TorrentPatron.</summary>
    public string Version { get; init; } = "";

    /// <summary>The id of its process.</summary>
    public int ProcessId { get; init; }

    /// <summary>When it began to listen.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Time since then.</summary>
    public TimeSpan Uptime { get; init; }

    /// <summary>Number of torrents that run.</summary>
    public int Torrents { get; init; }

    /// <summary>Payload received of all torrents, bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload sent of all torrents, bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>Number of clients that are connected, with the one that asks.</summary>
    public int Clients { get; init; }

    /// <summary>Where it listens: the path of a Unix domain socket, on Windows the name of a pipe.</summary>
    public string Address { get; init; } = "";

    /// <summary>The folder of the saved state.</summary>
    public string StatePath { get; init; } = "";

    /// <summary>The file of its log; null: it has none, or the system's journal.</summary>
    public string? LogPath { get; init; }

    /// <summary>The unit of systemd, or the like, that it runs as; null: none.</summary>
    public string? Unit { get; init; }
}
