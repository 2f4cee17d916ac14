using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>The way into a service and to a service, whatever the system calls it.</summary>
internal static class ServiceEndpoint
{
    /// <summary>Longest wait for a service that is there to take a connection.</summary>
    public static TimeSpan DialDeadline { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Listens for clients: on the socket that systemd handed over, else at an address.</summary>
    /// <param name="address">The address; null: the user's own, where no other place of the user's has a service.</param>
    /// <param name="mayEnter">Who may connect, on Unix; null: this user, and root.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.ServiceRunning"/>, <see cref="TorrentErrorId.ServiceFolderUnsafe"/> or <see cref="TorrentErrorId.InvalidArgument"/>.
    /// </exception>
    public static async Task<IRpcListener> ListenAsync(string? address = null, Func<PeerCredential, bool>? mayEnter = null)
    {
        if (SystemdSocket.Take() is { } socket)
            return UnixSocketListener.TakeOver(socket, mayEnter);
        IReadOnlyList<string> places = address is null ? ServiceAddresses.OfUser() : [address];
        foreach (string other in places.Skip(1))
        {
            if (await IsThereAsync(other).ConfigureAwait(false))
                throw EndpointErrors.Running(other);
        }

        return OperatingSystem.IsWindows() ? PipeListener.Listen(places[0]) : UnixSocketListener.Listen(places[0], mayEnter);
    }

    /// <summary>Connects to a service.</summary>
    /// <param name="address">Its address; null: the user's own, wherever it listens.</param>
    /// <param name="isTrusted">Whose service is trusted, on Unix; null: this user's, and root's.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.ServiceUnavailable"/> or <see cref="TorrentErrorId.ServiceAccessDenied"/>.
    /// </exception>
    public static async Task<RpcTransport> DialAsync(
        string? address = null, Func<PeerCredential, bool>? isTrusted = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<string> places = address is null ? ServiceAddresses.OfUser() : [address];
        TorrentException? first = null;
        foreach (string place in places)
        {
            try
            {
                return OperatingSystem.IsWindows()
                    ? await PipeDialer.DialAsync(place, cancellationToken).ConfigureAwait(false)
                    : await UnixSocketDialer.DialAsync(place, isTrusted, DialDeadline, time ?? TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
            catch (TorrentException fault) when (place != places[^1])
            {
                first ??= fault;
            }
            catch (TorrentException) when (first is not null)
            {
                throw first;
            }
        }

        throw first!;
    }

    /// <summary>Connects to a service and says hello.</summary>
    /// <param name="handler">Takes what the service tells.</param>
    /// <param name="own">What this side says of itself.</param>
    /// <param name="address">Its address; null: the user's own, wherever it listens.</param>
    /// <param name="options">The connection's options; null: a client's.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The connection, and what the service says of itself.</returns>
    /// <exception cref="TorrentException">
    /// As <see cref="DialAsync"/>, and <see cref="TorrentErrorId.ServiceVersionMismatch"/>.
    /// </exception>
    public static async Task<(RpcConnection Connection, Hello Service)> ConnectAsync(
        IRpcHandler handler, Hello own, string? address = null, RpcOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= RpcOptions.Client;
        RpcTransport transport = await DialAsync(address, null, options.Time, cancellationToken).ConfigureAwait(false);
        var connection = new RpcConnection(transport.Stream, handler, options);
        connection.Start();
        Hello service = await HelloExchange.SayAsync(connection, own, options.Time, cancellationToken).ConfigureAwait(false);
        return (connection, service);
    }

    private static async Task<bool> IsThereAsync(string address)
    {
        try
        {
            RpcTransport transport = await DialAsync(address).ConfigureAwait(false);
            await transport.Stream.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (TorrentException)
        {
            return false;
        }
    }
}
