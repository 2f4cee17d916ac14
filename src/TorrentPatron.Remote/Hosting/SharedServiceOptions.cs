using TorrentPatron.Service;

namespace TorrentPatron.Remote.Hosting;

/// <summary>Where a <see cref="SharedService"/> listens, and who may use it.</summary>
public sealed record SharedServiceOptions
{
    /// <summary>
    /// Path of the socket to listen on, on Windows the name of a pipe; null: the place of the scope, as docs/rpc.md has it, or the socket that
    /// systemd handed over.
    /// </summary>
    public string? Address { get; init; }

    /// <summary>Whose the service is. The machine's needs <see cref="ServiceSettings.Roots"/>.</summary>
    public ServiceScope Scope { get; init; }

    /// <summary>
    /// Full path of the file to log to, of at most 1 MiB; the one before is kept beside it, with .1 behind its name. Null: the journal, where systemd runs
    /// the service, else none.
    /// </summary>
    public string? LogPath { get; init; }

    /// <summary>Tells systemd how the service stands; null: nobody is told.</summary>
    internal SystemdNotifier? Notifier { get; init; } = SystemdNotifier.OfProcess;

    /// <summary>Name or number of the group whose members may steer the machine's service; null: none.</summary>
    public string? Group { get; init; }

    /// <summary>Name or number of the group whose members may look at the machine's service and change nothing; null: none.</summary>
    public string? ReadersGroup { get; init; }
}
