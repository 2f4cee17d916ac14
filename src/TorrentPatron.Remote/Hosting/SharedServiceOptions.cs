using TorrentPatron.Service;

namespace TorrentPatron.Remote.Hosting;

/// <summary>The address, access rules and log of a <see cref="SharedService"/>.</summary>
public sealed record SharedServiceOptions
{
    /// <summary>
    /// Path of the socket to listen on, or on Windows the name of a pipe; null means the address of the scope, as in docs/rpc.md, or systemd's
    /// socket.
    /// </summary>
    public string? Address { get; init; }

    /// <summary>The scope of the service. The machine's needs <see cref="ServiceSettings.Roots"/>.</summary>
    public ServiceScope Scope { get; init; }

    /// <summary>
    /// Full path of the log file, of at most 1 MiB; the previous one is kept beside it, with .1 added to its name. Null means the journal under
    /// systemd, and otherwise no log.
    /// </summary>
    public string? LogPath { get; init; }

    /// <summary>Reports to systemd; null reports nothing.</summary>
    internal SystemdNotifier? Notifier { get; init; } = SystemdNotifier.OfProcess;

    /// <summary>Name or number of the group whose members may control the machine's service; null means none.</summary>
    public string? Group { get; init; }

    /// <summary>Name or number of the group whose members may read the machine's service but not change it; null means none.</summary>
    public string? ReadersGroup { get; init; }
}
