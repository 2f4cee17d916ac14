using System.Collections.ObjectModel;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Service.Automation;
using TorrentPatron.Service.State;

namespace TorrentPatron.Service;

/// <summary>A service whose engine any number of patrons share: one in this process, or a connection to one in another.</summary>
/// <remarks>Patrons are made by it, and are of one type whichever it is. Thread-safe.</remarks>
public interface ITorrentService : IAsyncDisposable
{
    /// <summary>Whether the engine runs in another process: then torrents go on when their patrons are stopped.</summary>
    bool IsRemote { get; }

    /// <summary>Whose the service of another process is; null: it is in this process.</summary>
    ServiceScope? Scope { get; }

    /// <summary>Why the service cannot be reached any more; null: it can. Its torrents may run on.</summary>
    TorrentError? Fault { get; }

    /// <summary>Whether a service of another process that goes away is connected to again, for a while.</summary>
    bool Reconnects { get; }

    /// <summary>
    /// Why the service cannot be reached just now; null: it can, or it will not be connected to again (<see cref="Fault"/>). Meanwhile its
    /// torrents are shown as they were last seen, and requests wait.
    /// </summary>
    TorrentError? Interruption { get; }

    /// <summary>
    /// Why the service of another process has cut off an earlier connection: one that this one replaces (<see cref="Reconnects"/>), or one of this
    /// process less than a minute before; null: it has not. The news that the earlier one was to bring is lost.
    /// </summary>
    TorrentError? CutOff { get; }

    /// <summary>What the service works with. Never waits.</summary>
    ServiceSettings Settings { get; }

    /// <summary>
    /// The way from this process to sources and peers that are given by name: it keeps to the policies of <see cref="Settings"/>.
    /// </summary>
    INetwork Network { get; }

    /// <summary>What the engine can do beyond starting and stopping torrents; null while none runs. Never waits.</summary>
    ClientCapabilities? Capabilities { get; }

    /// <summary>The torrents whose state is saved.</summary>
    ISavedState States { get; }

    /// <summary>The scripts that the service runs when something happens to its torrents.</summary>
    ITorrentHooks Hooks { get; }

    /// <summary>The patrons that were made here and have not been stopped, in the order of their making.</summary>
    ReadOnlyCollection<Patron> Patrons { get; }

    /// <summary>Makes a patron, at once.</summary>
    /// <param name="name">What to call it; by default a part of its id.</param>
    /// <exception cref="ObjectDisposedException">The service has been disposed.</exception>
    Patron CreatePatron(string? name = null);

    /// <summary>The engine as a whole; null while none runs.</summary>
    ClientStatus? GetClientStatus();

    /// <summary>
    /// Goes on with other settings of the engine: one that runs changes what it can, and one that is made later is made with them.
    /// </summary>
    /// <param name="settings">All settings, changed and unchanged.</param>
    /// <param name="cancellationToken">Ends the wait, not the change.</param>
    /// <returns>What could not be changed, and why; none where all is as given.</returns>
    Task<IReadOnlyList<TorrentError>> ApplyAsync(ClientSettings settings, CancellationToken cancellationToken = default);
}
