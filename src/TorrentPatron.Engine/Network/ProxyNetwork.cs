using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Sends traffic through a proxy, if one is configured: the proxy makes the connections and resolves names. Traffic that it
/// cannot carry is not sent at all. Purposes that the settings exclude use the underlying network directly.
/// </summary>
/// <param name="inner">The network on which the proxy is.</param>
/// <param name="proxy">Returns the current proxy; null means none.</param>
/// <param name="time">The clock.</param>
internal sealed class ProxyNetwork(INetwork inner, Func<ProxySettings?> proxy, TimeProvider time) : INetwork
{
    private readonly ProxyDialer _dialer = new(inner, time);
    private readonly HostConnector _connector = new(time);

    /// <inheritdoc/>
    public ReadOnlyCollection<IPAddress> LocalAddresses => inner.LocalAddresses;

    /// <summary>Empty with a proxy for peers: multicast groups are in the local network and would bypass the proxy.</summary>
    public ReadOnlyCollection<IPAddress> GroupAddresses => For(NetworkUse.Peers) is null ? inner.GroupAddresses : [];

    /// <summary>Empty with a proxy for peers: incoming connections would bypass the proxy.</summary>
    public ReadOnlyCollection<NetworkGateway> Gateways => For(NetworkUse.Peers) is null ? inner.Gateways : [];

    /// <inheritdoc/>
    public TorrentError? Warning => inner.Warning ?? (proxy() is null ? null : _dialer.Warning);

    /// <inheritdoc/>
    public async Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (For(use) is null)
            return await inner.ResolveAsync(host, use, cancellationToken).ConfigureAwait(false);
        if (IPAddress.TryParse(host, out IPAddress? address))
            return [address];
        return [new HostAddress(ToAscii(host))];
    }

    /// <inheritdoc/>
    public async Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        if (For(use) is { } through)
            return await _dialer.ConnectAsync(through, remote, use, cancellationToken).ConfigureAwait(false);
        if (remote.Address is not HostAddress named)
            return await inner.ConnectAsync(remote, use, cancellationToken).ConfigureAwait(false);
        // The address was resolved while there was a proxy.
        try
        {
            IPAddress[] addresses = await inner.ResolveAsync(named.Host, use, cancellationToken).ConfigureAwait(false);
            return addresses.Length == 0
                ? throw new IOException("The host has no usable address.")
                : await _connector.ConnectAsync(
                    addresses, (address, token) => inner.ConnectAsync(new IPEndPoint(address, remote.Port), use, token), cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <inheritdoc/>
    public IListener Listen(IPEndPoint local) => For(NetworkUse.Peers) is { } through
        ? throw new IOException($"Peers are reached through the proxy {through}, which does not accept incoming connections.")
        : inner.Listen(local);

    /// <inheritdoc/>
    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use)
    {
        ArgumentNullException.ThrowIfNull(local);
        return For(use) switch
        {
            null => inner.OpenDatagrams(local, use),
            { CarriesDatagrams: true } through => new ProxyDatagramSocket(_dialer, inner, through, local.AddressFamily, use, time),
            { } through => throw ProxyErrors.NoDatagrams(through),
        };
    }

    /// <inheritdoc/>
    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local) => For(NetworkUse.Peers) is null
        ? inner.JoinGroup(group, local)
        : throw new IOException("The local network cannot be reached through a proxy.");

    private static string ToAscii(string host)
    {
        try
        {
            string name = new IdnMapping().GetAscii(host.TrimEnd('.')).ToLowerInvariant();
            if (Uri.CheckHostName(name) == UriHostNameType.Dns)
                return name;
        }
        catch (ArgumentException)
        {
            // Not a valid host name.
        }

        throw new SocketException((int)SocketError.HostNotFound);
    }

    private ProxySettings? For(NetworkUse use)
    {
        ProxyUses uses = use switch
        {
            NetworkUse.Peers => ProxyUses.Peers,
            NetworkUse.Trackers => ProxyUses.Trackers,
            _ => ProxyUses.Web,
        };
        return proxy() is { } through && through.IsFor(uses) ? through : null;
    }
}
