using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Endpoints;

/// <summary>The way into a service and to a service, whatever the system calls it.</summary>
internal static class ServiceEndpoint
{
    /// <summary>Longest wait for a service that is there to take a connection.</summary>
    public static TimeSpan DialDeadline { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Listens for clients: on the socket that systemd handed over, else at an address.</summary>
    /// <param name="address">The address; null: that of the scope; the user's own only where no other place of the user's has a service.</param>
    /// <param name="rules">Who may connect, and what for; null: this user, and root.</param>
    /// <param name="scope">Whose the service is.</param>
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
    /// <param name="address">Its address; null: that of the scope, wherever it listens.</param>
    /// <param name="scope">
    /// Whose service it is; null: at an address the user's, else the user's first and then the machine's. The user's must be this user's or root's,
    /// the machine's run by a user whom root has appointed.
    /// </param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
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
                // One that is there and may not be used says more than one that is not there.
                if (first is null || (first.Error.Id != TorrentErrorId.ServiceAccessDenied && fault.Error.Id == TorrentErrorId.ServiceAccessDenied))
                    first = fault;
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

    /// <summary>Whose service is trusted at a place; null: this user's, and root's.</summary>
    private static Func<PeerCredential, bool>? Trust((string Address, ServiceScope Scope) place) => place.Scope == ServiceScope.User ? null
        : peer => PeerCredentials.IsOwnOrRoot(peer) || SocketFolder.IsAppointed(Path.GetDirectoryName(place.Address)!, peer.User);

    /// <summary>Whether a service that this user may use takes a connection.</summary>
    /// <param name="address">Its address; null: the user's own, wherever it listens.</param>
    /// <param name="scope">Whose service it is; null: as for <see cref="DialAsync"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
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
