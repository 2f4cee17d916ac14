using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service;

/// <summary>A service whose engine any number of patrons share: in this process, or a connection to one in another process.</summary>
/// <remarks>It creates patrons, which have the same type in both cases. Thread-safe.</remarks>
public interface ITorrentService : IAsyncDisposable
{
    /// <summary>Whether the engine runs in another process: torrents then continue when their patrons are stopped.</summary>
    bool IsRemote { get; }

    /// <summary>The scope of a service in another process; null for a service in this process.</summary>
    ServiceScope? Scope { get; }

    /// <summary>Why the service can no longer be reached; null if it can. Its torrents may continue.</summary>
    TorrentError? Fault { get; }

    /// <summary>Whether the connection to a service in another process is restored, for a while, when it is lost.</summary>
    bool Reconnects { get; }

    /// <summary>
    /// Why the service cannot be reached at the moment; null if it can, or if the connection will not be restored (<see cref="Fault"/>).
    /// Meanwhile its torrents are shown as they were last seen, and requests wait.
    /// </summary>
    TorrentError? Interruption { get; }

    /// <summary>
    /// Why the service in another process dropped an earlier connection: one that this one replaces (<see cref="Reconnects"/>), or one of this
    /// process less than a minute before; null if it did not. The messages for that connection are lost.
    /// </summary>
    TorrentError? CutOff { get; }

    /// <summary>The service's settings. Never waits.</summary>
    ServiceSettings Settings { get; }

    /// <summary>
    /// The network for sources and peers that are given by name: it follows the policies of <see cref="Settings"/>.
    /// </summary>
    INetwork Network { get; }

    /// <summary>The engine's optional features; null while none runs. Never waits.</summary>
    ClientCapabilities? Capabilities { get; }

    /// <summary>The torrents whose state is saved.</summary>
    ISavedState States { get; }

    /// <summary>The scripts that the service runs for events of its torrents.</summary>
    ITorrentHooks Hooks { get; }

    /// <summary>The patrons that were created here and have not been stopped, in the order of creation.</summary>
    ReadOnlyCollection<Patron> Patrons { get; }

    /// <summary>Creates a patron, at once.</summary>
    /// <param name="name">Its name; by default a part of its id.</param>
    /// <exception cref="ObjectDisposedException">The service has been disposed.</exception>
    Patron CreatePatron(string? name = null);

    /// <summary>The engine's status; null while none runs.</summary>
    ClientStatus? GetClientStatus();

    /// <summary>
    /// Changes the engine's settings: a running engine changes what it can, and later engines are created with them.
    /// </summary>
    /// <param name="settings">All settings, changed and unchanged.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <returns>What could not be changed, and why; empty if everything was.</returns>
    Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default);
}
