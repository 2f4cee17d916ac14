using TorrentPatron.Remote;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Services;

/// <summary>The service of a user or of the machine: its process, and how it is installed. An immutable snapshot.</summary>
public sealed class TorrentServiceInfo
{
    private readonly ServiceInfo _info;

    internal TorrentServiceInfo(ServiceInfo info, ServiceScope scope, string? installed) => (_info, Scope, InstalledUnit) = (info, scope, installed);

    /// <inheritdoc cref="ServiceInfo.State"/>
    public ServiceState State => _info.State;

    /// <summary>Whose service it is.</summary>
    public ServiceScope Scope { get; }

    /// <summary>Number of torrents that run; 0 where the service does not run.</summary>
    public int Torrents => _info.Torrents;

    /// <inheritdoc cref="ServiceInfo.DownloadRate"/>
    public long DownloadRate => _info.DownloadRate;

    /// <inheritdoc cref="ServiceInfo.UploadRate"/>
    public long UploadRate => _info.UploadRate;

    /// <inheritdoc cref="ServiceInfo.Clients"/>
    public int Clients => _info.Clients;

    /// <summary>The id of its process; null: it does not run.</summary>
    public int? ProcessId => IsRunning ? _info.ProcessId : null;

    /// <summary>The program that hosts it; null: it does not run.</summary>
    public string? Program => IsRunning ? _info.Program : null;

    /// <summary>Its version of TorrentPatron; null: it does not run.</summary>
    public string? Version => IsRunning ? _info.Version : null;

    /// <summary>When it began to listen, local time; null: it does not run.</summary>
    public DateTime? StartedAt => IsRunning ? _info.StartedAt.LocalDateTime : null;

    /// <summary>Time since then; null: it does not run.</summary>
    public TimeSpan? Uptime => IsRunning ? _info.Uptime : null;

    /// <summary>Where it listens, or would: the path of a Unix domain socket, on Windows the name of a pipe.</summary>
    public string Socket => _info.Address;

    /// <summary>The folder of its saved state; null: it does not run.</summary>
    public string? StatePath => IsRunning ? _info.StatePath : null;

    /// <summary>The file of its log; null: it has none, or the system's journal.</summary>
    public string? LogPath => _info.LogPath;

    /// <summary>The unit that it runs as; null: none.</summary>
    public string? Unit => _info.Unit;

    /// <summary>The file by which it is installed, so that the system starts it; null: it is not.</summary>
    public string? InstalledUnit { get; }

    private bool IsRunning => _info.State != ServiceState.Stopped;

    /// <summary>What it is doing, and where.</summary>
    public override string ToString() => $"{State}: {Socket}";
}
