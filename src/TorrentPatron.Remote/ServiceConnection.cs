using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote;

/// <summary>Connects to a service of another process of this machine.</summary>
public static class ServiceConnection
{
    /// <summary>Longest wait for a service that is there: as long as it takes up its torrents it answers nobody.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Connects, and takes the statuses of all torrents.</summary>
    /// <param name="address">
    /// Path of the service's socket, on Windows the name of its pipe; null: the user's own service, in each of the places that docs/rpc.md has.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The service; disposing it ends the connection, and its torrents run on.</returns>
    /// <exception cref="TorrentException">
    /// <see cref="Engine.Client.TorrentErrorId.ServiceUnavailable"/>, <see cref="Engine.Client.TorrentErrorId.ServiceAccessDenied"/> or
    /// <see cref="Engine.Client.TorrentErrorId.ServiceVersionMismatch"/>.
    /// </exception>
    public static Task<ITorrentService> ConnectAsync(string? address, CancellationToken cancellationToken) =>
        ConnectAsync(address, scope: null, reconnectTimeout: null, cancellationToken);

    /// <summary>Connects, and takes the statuses of all torrents.</summary>
    /// <param name="address">Path of the service's socket, on Windows the name of its pipe; null: the place of the scope.</param>
    /// <param name="scope">
    /// Whose service; null: the user's own and, where none runs, the machine's. At an address of its own null means the user's. The machine's is
    /// trusted where root has appointed the user who runs it.
    /// </param>
    /// <param name="reconnectTimeout">
    /// When the service goes away, it is connected to again, for so long at most: waits, events and patrons outlast its restart. After that, or
    /// at once where it is null, what waits fails with <see cref="Engine.Client.TorrentErrorId.ServiceUnavailable"/>.
    /// </param>
    /// <param name="cancellationToken">Gives up connecting for the first time.</param>
    /// <returns>The service; disposing it ends the connection, and its torrents run on.</returns>
    /// <exception cref="TorrentException">As above.</exception>
    public static async Task<ITorrentService> ConnectAsync(
        string? address = null, ServiceScope? scope = null, TimeSpan? reconnectTimeout = null, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await RemoteTorrentService
                .ConnectAsync(address is null ? null : ServiceAddresses.Full(address), scope, options: null, reconnectTimeout, patience.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TorrentException(RemoteErrors.NoAnswer(Patience));
        }
    }

    /// <summary>Whether a service takes connections. It may be too busy to answer them yet.</summary>
    /// <param name="address">Path of the service's socket, on Windows the name of its pipe; null: the place of the scope.</param>
    /// <param name="scope">Whose service; null: the user's own and, where none runs, the machine's.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<bool> IsListeningAsync(string? address = null, ServiceScope? scope = null, CancellationToken cancellationToken = default) =>
        ServiceEndpoint.IsListeningAsync(address is null ? null : ServiceAddresses.Full(address), scope, cancellationToken);
}
