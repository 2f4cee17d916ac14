using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Proxies;

namespace TorrentPatron.Engine.Network;

/// <summary>Connects to a proxy and shakes hands with it. Thread-safe.</summary>
/// <param name="inner">The network on which the proxy is.</param>
/// <param name="time">The clock.</param>
internal sealed class ProxyDialer(INetwork inner, TimeProvider time)
{
    /// <summary>
    /// The time limit for a connection through the proxy, including the handshake: less than the callers' 15 s, so that they
    /// learn that the proxy was the cause.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(14);

    private const int ReceiveLength = 1024;

    private readonly HostConnector _connector = new(time);

    /// <summary>Why the proxy does not work; null if it does as far as known, or was not used yet.</summary>
    public TorrentError? Warning { get; set; }

    /// <summary>Dials a host through a proxy.</summary>
    /// <exception cref="ProxyException">The proxy or the host cannot be reached, or refuses.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<IConnection> ConnectAsync(ProxySettings proxy, IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        HostEndPoint host = HostOf(remote);
        (IConnection connection, ProxyHandshake handshake) = await ReachAsync(
            proxy, host,
            () => proxy.Kind switch
            {
                ProxyKind.Socks5 => new Socks5Handshake(Socks5Command.Connect, host, proxy.Credential),
                ProxyKind.Http => new HttpConnectHandshake(host, proxy.Credential),
                _ => new Socks4Handshake(host, proxy.Kind == ProxyKind.Socks4a, proxy.Credential),
            },
            use, cancellationToken).ConfigureAwait(false);
        return new ProxiedConnection(connection, remote, handshake.Received);
    }

    /// <summary>Asks a SOCKS5 proxy to relay datagrams.</summary>
    /// <returns>The control connection, whose end ends the association, and the relay's address.</returns>
    /// <exception cref="ProxyException">The proxy cannot be reached, or refuses.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<(IConnection Control, IPEndPoint Relay)> AssociateAsync(ProxySettings proxy, NetworkUse use, CancellationToken cancellationToken)
    {
        var unknown = new HostEndPoint("0.0.0.0", 0);
        (IConnection control, ProxyHandshake handshake) = await ReachAsync(
            proxy, host: null, () => new Socks5Handshake(Socks5Command.UdpAssociate, unknown, proxy.Credential), use, cancellationToken).ConfigureAwait(false);
        IPEndPoint bound = ((Socks5Handshake)handshake).Bound ?? new IPEndPoint(IPAddress.Any, 0);
        if (bound.Port == 0)
        {
            control.Dispose();
            throw ProxyErrors.Of(proxy, ProxyFailure.NotAProxy, host: null);
        }

        // Many proxies name "any", or an address that only they can reach. And none may make us send into a nearer network than
        // its own.
        IPAddress at = control.RemoteEndPoint.Address;
        return (control, AddressReaches.MayBeNamed(bound.Address, at) ? bound : new IPEndPoint(at, bound.Port));
    }

    /// <summary>The host of an end point: its name if it has one.</summary>
    public static HostEndPoint HostOf(IPEndPoint remote) =>
        new(remote.Address is HostAddress named ? named.Host : (remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address).ToString(), remote.Port);

    private async Task<(IConnection Connection, ProxyHandshake Handshake)> ReachAsync(
        ProxySettings proxy, HostEndPoint? host, Func<ProxyHandshake> begin, NetworkUse use, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        IConnection? connection = null;
        try
        {
            ProxyHandshake handshake = Begin(proxy, host, begin);
            IPAddress[] addresses = proxy.Host.EndPoint is { } known
                ? [known.Address]
                : await inner.ResolveAsync(proxy.Host.Host, use, either.Token).ConfigureAwait(false);
            if (addresses.Length == 0)
                throw new SocketException((int)SocketError.HostNotFound);
            connection = await _connector.ConnectAsync(
                addresses, (address, token) => inner.ConnectAsync(new IPEndPoint(address, proxy.Host.Port), use, token), either.Token).ConfigureAwait(false);
            await ShakeHandsAsync(connection, handshake, proxy, host, either.Token).ConfigureAwait(false);
            Warning = null;
            return (connection, handshake);
        }
        catch (Exception e)
        {
            connection?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            ProxyException? fault = e switch
            {
                ProxyException known => known,
                OperationCanceledException => ProxyErrors.Unreachable(proxy, $"did not answer within {Patience.TotalSeconds:0} s"),
                SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                    ProxyErrors.Unreachable(proxy, "has an unknown host name", e),
                SocketException or IOException => ProxyErrors.Unreachable(proxy, "cannot be reached, or closed the connection", e),
                _ => null,
            };
            if (fault is null)
                throw;
            Warning = fault.IsOfProxy ? fault.Error : null;
            throw ReferenceEquals(fault, e) ? e : fault;
        }
    }

    private static ProxyHandshake Begin(ProxySettings proxy, HostEndPoint? host, Func<ProxyHandshake> begin)
    {
        try
        {
            ProxyHandshake handshake = begin();
            return handshake.State != ProxyHandshakeState.Failed ? handshake : throw ProxyErrors.Of(proxy, handshake.Failure, host);
        }
        catch (ArgumentException)
        {
            throw ProxyErrors.Of(proxy, ProxyFailure.AddressUnsupported, host);
        }
    }

    private static async Task ShakeHandsAsync(
        IConnection connection, ProxyHandshake handshake, ProxySettings proxy, HostEndPoint? host, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration abort = cancellationToken.UnsafeRegister(static c => ((IConnection)c!).Dispose(), connection);
        byte[] buffer = new byte[ReceiveLength];
        try
        {
            while (handshake.State == ProxyHandshakeState.Open)
            {
                if (handshake.TakeToSend() is { Length: > 0 } bytes)
                    await connection.SendAsync(bytes).ConfigureAwait(false);
                int received = await connection.ReceiveAsync(buffer).ConfigureAwait(false);
                if (received == 0)
                    throw ProxyErrors.Unreachable(proxy, "closed the connection without answering");
                handshake.Receive(buffer.AsSpan(0, received));
            }
        }
        catch (IOException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (handshake.State == ProxyHandshakeState.Failed)
            throw ProxyErrors.Of(proxy, handshake.Failure, host);
    }
}
