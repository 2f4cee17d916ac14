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
    public static async Task<ITorrentService> ConnectAsync(string? address = null, CancellationToken cancellationToken = default)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await RemoteTorrentService
                .ConnectAsync(address is null ? null : ServiceAddresses.Full(address), cancellationToken: patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TorrentException(RemoteErrors.NoAnswer(Patience));
        }
    }
}
