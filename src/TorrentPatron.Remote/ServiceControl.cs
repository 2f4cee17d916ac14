using System.Diagnostics;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Contract;
using TorrentPatron.Remote.Endpoints;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote;

/// <summary>Queries and stops the process of a service.</summary>
public static class ServiceControl
{
    /// <summary>Longest wait for an answer: a service answers nobody while it restores its torrents.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Longest wait for the process to exit after its service has ended; it may have other work too.</summary>
    private static readonly TimeSpan ProcessPatience = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>The default address of a service.</summary>
    /// <param name="scope">The scope.</param>
    public static string AddressOf(ServiceScope scope) => scope == ServiceScope.Machine ? ServiceAddresses.OfMachine() : ServiceAddresses.OfUser()[0];

    /// <summary>Queries a service.</summary>
    /// <param name="address">Path of the service's socket, or on Windows the name of its pipe; null means the address of the scope.</param>
    /// <param name="scope">The scope.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    /// <returns>The service; null if none runs.</returns>
    /// <exception cref="TorrentException">It does not answer, or refuses.</exception>
    public static Task<ServiceInfo?> GetInfoAsync(
        string? address = null, ServiceScope scope = ServiceScope.User, CancellationToken cancellationToken = default) => AskAsync<ServiceInfo?>(
        address,
        scope,
        async (connection, cancellation) => (await connection.CallAsync(Methods.ServiceInfo, RpcNothing.Value, cancellation).ConfigureAwait(false)).ToInfo(),
        nothing: null,
        cancellationToken);

    /// <summary>Stops a service, and waits until its torrents' state is saved.</summary>
    /// <param name="address">Path of the service's socket, or on Windows the name of its pipe; null means the address of the scope.</param>
    /// <param name="scope">The scope.</param>
    /// <param name="restart">Whether to start it again with the same settings, and to wait until it listens again.</param>
    /// <param name="cancellationToken">Ends the wait; the service stops anyway.</param>
    /// <returns>Whether a service ran.</returns>
    /// <exception cref="TorrentException">It does not answer, or refuses.</exception>
    public static async Task<bool> StopAsync(
        string? address = null, ServiceScope scope = ServiceScope.User, bool restart = false, CancellationToken cancellationToken = default)
    {
        ServiceInfo? before = await GetInfoAsync(address, scope, cancellationToken).ConfigureAwait(false);
        if (before is null)
            return false;
        await AskAsync(
            before.Address,
            scope,
            async (connection, cancellation) =>
            {
                await connection.CallAsync(Methods.ServiceStop, new ServiceStopDto { Restart = restart }, cancellation).ConfigureAwait(false);
                return true;
            },
            nothing: true,
            cancellationToken).ConfigureAwait(false);
        if (restart)
            await ListensAgainAsync(before, scope, cancellationToken).ConfigureAwait(false);
        else
            await ProcessEndsAsync(before.ProcessId, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static async Task<T> AskAsync<T>(
        string? address, ServiceScope scope, Func<RpcConnection, CancellationToken, Task<T>> ask, T nothing, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            if (!await ServiceConnection.IsListeningAsync(address, scope, patience.Token).ConfigureAwait(false))
                return nothing;
            RpcConnection connection = await ConnectAsync(address is null ? null : ServiceAddresses.Full(address), scope, patience.Token).ConfigureAwait(false);
            await using var closing = connection.ConfigureAwait(false);
            return await ask(connection, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TorrentException(RemoteErrors.NoAnswer(Patience));
        }
    }

    private static async Task<RpcConnection> ConnectAsync(string? address, ServiceScope scope, CancellationToken cancellationToken)
    {
        RpcTransport transport = await ServiceEndpoint.DialAsync(address, scope, cancellationToken: cancellationToken).ConfigureAwait(false);
        var connection = new RpcConnection(transport.Stream, new RpcMethodTable(), RpcOptions.Client);
        connection.Start();
        await HelloExchange.SayAsync(connection, Hello.OfThisProcess(), RpcOptions.Client.Time, cancellationToken).ConfigureAwait(false);
        return connection;
    }

    private static async Task ListensAgainAsync(ServiceInfo before, ServiceScope scope, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            while (true)
            {
                try
                {
                    if (await GetInfoAsync(before.Address, scope, patience.Token).ConfigureAwait(false) is { } now && now.StartedAt != before.StartedAt)
                        return;
                }
                catch (TorrentException fault) when (fault.Error.Id == TorrentErrorId.ServiceUnavailable)
                {
                    // It was still stopping.
                }

                await Task.Delay(Pause, patience.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TorrentException(RemoteErrors.NotBack(Patience));
        }
    }

    private static async Task ProcessEndsAsync(int id, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ProcessPatience);
        try
        {
            if (id <= 0 || id == Environment.ProcessId)
                return;
            using Process process = Process.GetProcessById(id);
            await process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has gone, or this user may not query it.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // For example a session in which a user works.
        }
    }
}
