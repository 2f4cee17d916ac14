using TorrentPatron.Remote;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Services;

/// <summary>A snapshot of the service of a user or the machine: its process and how it is installed. Immutable.</summary>
public sealed class TorrentServiceInfo
{
    private readonly ServiceInfo _info;

    internal TorrentServiceInfo(ServiceInfo info, ServiceScope scope, string? installed) => (_info, Scope, InstalledUnit) = (info, scope, installed);

    /// <inheritdoc cref="ServiceInfo.State"/>
    public ServiceState State => _info.State;

    /// <summary>Whose service it is.</summary>
    public ServiceScope Scope { get; }

    /// <summary>Number of running torrents; 0 if the service does not run.</summary>
    public int Torrents => _info.Torrents;

    /// <inheritdoc cref="ServiceInfo.DownloadRate"/>
    public long DownloadRate => _info.DownloadRate;

    /// <inheritdoc cref="ServiceInfo.UploadRate"/>
    public long UploadRate => _info.UploadRate;

    /// <inheritdoc cref="ServiceInfo.Clients"/>
    public int Clients => _info.Clients;

    /// <summary>Its process id; null if it does not run.</summary>
    public int? ProcessId => IsRunning ? _info.ProcessId : null;

    /// <summary>The program that hosts it; null if it does not run.</summary>
    public string? Program => IsRunning ? _info.Program : null;

    /// <summary>Its version of TorrentPatron; null if it does not run.</summary>
    public string? Version => IsRunning ? _info.Version : null;

    /// <summary>When it began to listen, local time; null if it does not run.</summary>
    public DateTime? StartedAt => IsRunning ? _info.StartedAt.LocalDateTime : null;

    /// <summary>Time since <see cref="StartedAt"/>; null if it does not run.</summary>
    public TimeSpan? Uptime => IsRunning ? _info.Uptime : null;

    /// <summary>Where it listens, or would listen: the path of a Unix domain socket, or on Windows the name of a pipe.</summary>
    public string Socket => _info.Address;

    /// <summary>The folder of its saved state; null if it does not run.</summary>
    public string? StatePath => IsRunning ? _info.StatePath : null;

    /// <summary>Its log file; null if it has none or uses the system's journal.</summary>
    public string? LogPath => _info.LogPath;

    /// <summary>The systemd unit that it runs as; null if none.</summary>
    public string? Unit => _info.Unit;

    /// <summary>The file by which the system starts it; null if it is not installed.</summary>
    public string? InstalledUnit { get; }

    private bool IsRunning => _info.State != ServiceState.Stopped;

    /// <summary>Its state and its address.</summary>
    public override string ToString() => $"{State}: {Socket}";
}
