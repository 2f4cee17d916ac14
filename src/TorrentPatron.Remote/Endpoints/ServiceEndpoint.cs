using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Listens for clients and connects to services, on every system.</summary>
internal static class ServiceEndpoint
{
    /// <summary>Longest wait for an existing service to accept a connection.</summary>
    public static TimeSpan DialDeadline { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Listens for clients: on systemd's socket, or else at an address.</summary>
    /// <param name="address">The address; null means the address of the scope; for the user's own only if no service runs at the user's other addresses.</param>
    /// <param name="rules">The access rules; null allows this user and root.</param>
    /// <param name="scope">The scope of the service.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.ServiceRunning"/>, <see cref="TorrentErrorId.ServiceFolderUnsafe"/> or <see cref="TorrentErrorId.InvalidArgument"/>.
    /// </exception>
    public static async Task<IRpcListener> ListenAsync(string? address = null, AccessRules? rules = null, ServiceScope scope = ServiceScope.User)
    {
        if (SystemdSocket.Take() is { } socket)
            return UnixSocketListener.TakeOver(socket, rules);
        IReadOnlyList<string> places = address is not null ? [address] : scope == ServiceScope.Machine ? [ServiceAddresses.OfMachine()] : ServiceAddresses.OfUser();
        foreach (string other in places.Skip(1))
        {
            if (await IsListeningAsync(other, ServiceScope.User).ConfigureAwait(false))
                throw EndpointErrors.Running(other);
        }

        return OperatingSystem.IsWindows() ? PipeListener.Listen(places[0]) : UnixSocketListener.Listen(places[0], rules);
    }

    /// <summary>Connects to a service.</summary>
    /// <param name="address">Its address; null means any address of the scope.</param>
    /// <param name="scope">
    /// The scope; null means the user's for a given address, otherwise the user's or else the machine's. The user's service must run as this user
    /// or root, the machine's as a user whom root has appointed.
    /// </param>
    /// <param name="time">The clock; null means the system's.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TorrentException">
    /// <see cref="TorrentErrorId.ServiceUnavailable"/> or <see cref="TorrentErrorId.ServiceAccessDenied"/>.
    /// </exception>
    public static async Task<RpcTransport> DialAsync(
        string? address = null, ServiceScope? scope = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        List<(string Address, ServiceScope Scope)> places = Places(address, scope);
        TorrentException? first = null;
        foreach ((string Address, ServiceScope Scope) place in places)
        {
            try
            {
                return OperatingSystem.IsWindows()
                    ? await PipeDialer.DialAsync(place.Address, cancellationToken).ConfigureAwait(false)
                    : await UnixSocketDialer.DialAsync(place.Address, Trust(place), DialDeadline, time ?? TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
            catch (TorrentException fault)
            {
                // A service that may not be used is a more useful error than one that is not there.
                if (first is null || (first.Error.Id != TorrentErrorId.ServiceAccessDenied && fault.Error.Id == TorrentErrorId.ServiceAccessDenied))
                    first = fault;
            }
        }

        throw first!;
    }

    /// <summary>Connects to a service and says hello.</summary>
    /// <param name="handler">Handles the service's messages.</param>
    /// <param name="own">This side's hello.</param>
    /// <param name="address">Its address; null means any of the user's own.</param>
    /// <param name="options">The connection's options; null means those of a client.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The connection and the service's hello.</returns>
    /// <exception cref="TorrentException">
    /// As <see cref="DialAsync"/>, and <see cref="TorrentErrorId.ServiceVersionMismatch"/>.
    /// </exception>
    public static async Task<(RpcConnection Connection, Hello Service)> ConnectAsync(
        IRpcHandler handler, Hello own, string? address = null, RpcOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= RpcOptions.Client;
        RpcTransport transport = await DialAsync(address, time: options.Time, cancellationToken: cancellationToken).ConfigureAwait(false);
        var connection = new RpcConnection(transport.Stream, handler, options);
        connection.Start();
        Hello service = await HelloExchange.SayAsync(connection, own, options.Time, cancellationToken).ConfigureAwait(false);
        return (connection, service);
    }

    private static List<(string Address, ServiceScope Scope)> Places(string? address, ServiceScope? scope)
    {
        if (address is not null)
            return [(address, scope ?? ServiceScope.User)];
        var places = new List<(string, ServiceScope)>();
        if (scope != ServiceScope.Machine)
            places.AddRange(ServiceAddresses.OfUser().Select(place => (place, ServiceScope.User)));
        if (scope == ServiceScope.Machine || (scope is null && !ServiceAddresses.IsChosen))
            places.Add((ServiceAddresses.OfMachine(), ServiceScope.Machine));
        return places;
    }

    /// <summary>The check of a service's owner; null trusts this user and root.</summary>
    private static Func<PeerCredential, bool>? Trust((string Address, ServiceScope Scope) place) => place.Scope == ServiceScope.User ? null
        : peer => PeerCredentials.IsOwnOrRoot(peer) || SocketFolder.IsAppointed(Path.GetDirectoryName(place.Address)!, peer.User);

    /// <summary>Whether a service that this user may use accepts connections.</summary>
    /// <param name="address">Its address; null means any of the user's own.</param>
    /// <param name="scope">The scope; null as for <see cref="DialAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static async Task<bool> IsListeningAsync(string? address = null, ServiceScope? scope = null, CancellationToken cancellationToken = default)
    {
        try
        {
            RpcTransport transport = await DialAsync(address, scope, cancellationToken: cancellationToken).ConfigureAwait(false);
            await transport.Stream.DisposeAsync().ConfigureAwait(false);
            return true;
        }
        catch (TorrentException)
        {
            return false;
        }
    }
}
