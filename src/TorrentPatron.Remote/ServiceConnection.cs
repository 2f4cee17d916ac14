using TorrentPatron.Remote.Client;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote;

/// <summary>Connects to a service in another process of this machine.</summary>
public static class ServiceConnection
{
    /// <summary>Longest wait for an existing service: it answers nobody while it restores its torrents.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Connects, and receives the statuses of all torrents.</summary>
    /// <param name="address">
    /// Path of the service's socket, or on Windows the name of its pipe; null means the user's own service, at any of the addresses in docs/rpc.md.
    /// </param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The service; disposing it closes the connection, and its torrents continue.</returns>
    /// <exception cref="TorrentException">
    /// <see cref="Engine.Client.TorrentErrorId.ServiceUnavailable"/>, <see cref="Engine.Client.TorrentErrorId.ServiceAccessDenied"/> or
    /// <see cref="Engine.Client.TorrentErrorId.ServiceVersionMismatch"/>.
    /// </exception>
    public static Task<ITorrentService> ConnectAsync(string? address, CancellationToken cancellationToken) =>
        ConnectAsync(address, scope: null, reconnectTimeout: null, cancellationToken);

    /// <summary>Connects, and receives the statuses of all torrents.</summary>
    /// <param name="address">Path of the service's socket, or on Windows the name of its pipe; null means the address of the scope.</param>
    /// <param name="scope">
    /// The scope; null means the user's own service or, if none runs, the machine's. With an address null means the user's. The machine's is
    /// trusted if root has appointed the user that it runs as.
    /// </param>
    /// <param name="reconnectTimeout">
    /// How long to try to reconnect after the connection is lost: waits, events and patrons survive a restart of the service. After that time, or
    /// at once if null, waits fail with <see cref="Engine.Client.TorrentErrorId.ServiceUnavailable"/>.
    /// </param>
    /// <param name="cancellationToken">Cancels the first attempt.</param>
    /// <returns>The service; disposing it closes the connection, and its torrents continue.</returns>
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

    /// <summary>Whether a service accepts connections. It may still be too busy to answer.</summary>
    /// <param name="address">Path of the service's socket, or on Windows the name of its pipe; null means the address of the scope.</param>
    /// <param name="scope">The scope; null means the user's own service or, if none runs, the machine's.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    public static Task<bool> IsListeningAsync(string? address = null, ServiceScope? scope = null, CancellationToken cancellationToken = default) =>
        ServiceEndpoint.IsListeningAsync(address is null ? null : ServiceAddresses.Full(address), scope, cancellationToken);
}
