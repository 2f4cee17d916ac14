namespace TorrentPatron.Remote.Contract;

#pragma warning disable SA1402, SA1649 // Small types that belong together.

/// <summary>The process of a service on the wire.</summary>
internal sealed class ServiceInfoDto
{
    public string? State { get; set; }

    public string? Program { get; set; }

    public string? Version { get; set; }

    public int ProcessId { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    /// <summary>Seconds since then, by a monotonic clock.</summary>
    public double Uptime { get; set; }

    /// <summary>Number of running torrents.</summary>
    public int Torrents { get; set; }

    public long DownloadRate { get; set; }

    public long UploadRate { get; set; }

    /// <summary>Number of clients, including the one that asks.</summary>
    public int Clients { get; set; }

    public string? Address { get; set; }

    public string? StatePath { get; set; }

    public string? LogPath { get; set; }

    /// <summary>The systemd unit or the like that it runs as; omitted if none.</summary>
    public string? Unit { get; set; }

    public ServiceInfo ToInfo() => new()
    {
        State = Wire.ToEnum(State, ServiceState.Running),
        Program = Program ?? "",
        Version = Version ?? "",
        ProcessId = ProcessId,
        StartedAt = StartedAt,
        Uptime = Wire.ToTime(Uptime),
        Torrents = Torrents,
        DownloadRate = DownloadRate,
        UploadRate = UploadRate,
        Clients = Clients,
        Address = Address ?? "",
        StatePath = StatePath ?? "",
        LogPath = LogPath,
        Unit = Unit,
    };

    public static ServiceInfoDto Of(ServiceInfo info) => new()
    {
        State = Wire.OfEnum<ServiceState>(info.State),
        Program = info.Program,
        Version = info.Version,
        ProcessId = info.ProcessId,
        StartedAt = info.StartedAt,
        Uptime = info.Uptime.TotalSeconds,
        Torrents = info.Torrents,
        DownloadRate = info.DownloadRate,
        UploadRate = info.UploadRate,
        Clients = info.Clients,
        Address = info.Address,
        StatePath = info.StatePath,
        LogPath = info.LogPath,
        Unit = info.Unit,
    };
}

/// <summary>Stops the service.</summary>
internal sealed class ServiceStopDto
{
    /// <summary>Whether to start it again, with the same settings.</summary>
    public bool Restart { get; set; }
}
