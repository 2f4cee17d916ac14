using TorrentPatron.Service.Errors;

namespace TorrentPatron.Service.Automation;

/// <summary>The hooks of a service. Thread-safe.</summary>
public interface ITorrentHooks
{
    /// <summary>Runs a script for each such event from now on.</summary>
    /// <param name="hook">The hook; what says how it has run is left aside. Exactly one of its script's path and text is given.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The hook as it is now.</returns>
    /// <exception cref="TorrentException">It makes no sense, the name is in use, there are too many, or it cannot be saved.</exception>
    Task<TorrentHook> RegisterAsync(TorrentHook hook, CancellationToken cancellationToken = default);

    /// <summary>All hooks, in the order of their registration, with how they have run.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<TorrentHook>> GetAsync(CancellationToken cancellationToken = default);

    /// <summary>Runs a script no more; what runs or waits goes on.</summary>
    /// <param name="name">The hook's name.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="TorrentException">There is no such hook, or that cannot be saved.</exception>
    Task UnregisterAsync(string name, CancellationToken cancellationToken = default);
}
