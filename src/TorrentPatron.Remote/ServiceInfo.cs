namespace TorrentPatron.Remote;

#pragma warning disable SA1402, SA1649 // An enumeration and the type that uses it.

/// <summary>The state of a service.</summary>
public enum ServiceState
{
    /// <summary>No service runs.</summary>
    Stopped,

    /// <summary>It is restoring the saved torrents; clients see those that are already restored.</summary>
    Restoring,

    /// <summary>It is running.</summary>
    Running,

    /// <summary>It is stopping: it informs the trackers and saves the state.</summary>
    Stopping,
}

/// <summary>A snapshot of the process of a service that clients share. Immutable.</summary>
public sealed record ServiceInfo
{
    /// <summary>Its state.</summary>
    public ServiceState State { get; init; }

    /// <summary>The program that hosts it: <c>pwsh</c>, <c>patron</c>.</summary>
    public string Program { get; init; } = "";

    /// <summary>Its version of TorrentPatron.</summary>
    public string Version { get; init; } = "";

    /// <summary>Its process id.</summary>
    public int ProcessId { get; init; }

    /// <summary>When it began to listen.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Time since <see cref="StartedAt"/>.</summary>
    public TimeSpan Uptime { get; init; }

    /// <summary>Number of running torrents.</summary>
    public int Torrents { get; init; }

    /// <summary>Payload received for all torrents, bytes/s.</summary>
    public long DownloadRate { get; init; }

    /// <summary>Payload sent for all torrents, bytes/s.</summary>
    public long UploadRate { get; init; }

    /// <summary>Number of connected clients, including the one that asks.</summary>
    public int Clients { get; init; }

    /// <summary>Where it listens: the path of a Unix domain socket, or on Windows the name of a pipe.</summary>
    public string Address { get; init; } = "";

    /// <summary>The folder of the saved state.</summary>
    public string StatePath { get; init; } = "";

    /// <summary>Its log file; null if it has none or uses the system's journal.</summary>
    public string? LogPath { get; init; }

    /// <summary>The systemd unit or the like that it runs as; null if none.</summary>
    public string? Unit { get; init; }
}
