using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Encryption;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Restricts connections, in both directions, to the addresses that the IP filter allows. Datagrams go through
/// <see cref="SharedDatagramPort"/>, which calls <see cref="Allows"/>. Thread-safe.
/// </summary>
/// <param name="inner">The network that carries the allowed traffic.</param>
/// <param name="settings">Returns the current settings with the filter.</param>
internal sealed class FilteredNetwork(INetwork inner, Func<ClientSettings> settings) : INetwork
{
    /// <summary>Connections to trackers and web sites: idle ones are kept for the next request. Those of peers are the torrents' to close.</summary>
    private readonly ConcurrentDictionary<FilteredConnection, bool> _kept = new();
    private long _refused;

    public ReadOnlyCollection<IPAddress> LocalAddresses => inner.LocalAddresses;

    public ReadOnlyCollection<IPAddress> GroupAddresses => inner.GroupAddresses;

    public ReadOnlyCollection<NetworkGateway> Gateways => inner.Gateways;

    public TorrentError? Warning => inner.Warning;

    /// <summary>Connections and datagrams refused, in both directions.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Whether the filter allows an address; counts refusals.</summary>
    public bool Allows(IPAddress address)
    {
        if (settings().Filter is not { } filter || (address is HostAddress ? !filter.IsAllowList : filter.Allows(address)))
            return true;
        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <summary>Throws if the filter does not allow an address.</summary>
    /// <exception cref="IOException">The address is filtered.</exception>
    public void Check(IPAddress address)
    {
        if (!Allows(address))
            throw new IOException($"The IP filter does not allow {address}.", new SocketException((int)SocketError.AccessDenied));
    }

    /// <summary>
    /// Called when the filter has changed: closes connections to trackers and web sites that it no longer allows.
    /// </summary>
    public void Changed()
    {
        foreach ((FilteredConnection connection, _) in _kept)
        {
            if (!Allows(connection.RemoteEndPoint.Address))
                connection.Dispose();
        }
    }

    public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) =>
        inner.ResolveAsync(host, use, cancellationToken);

    public async Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(remote);
        Check(remote.Address);
        IConnection connection = await inner.ConnectAsync(remote, use, cancellationToken).ConfigureAwait(false);
        if (use == NetworkUse.Peers)
            return connection;
        var kept = new FilteredConnection(connection, this);
        _kept[kept] = true;
        try
        {
            // The filter may have changed meanwhile.
            Check(remote.Address);
            return kept;
        }
        catch
        {
            kept.Dispose();
            throw;
        }
    }

    public IListener Listen(IPEndPoint local) => new FilteredListener(inner.Listen(local), this);

    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use) => inner.OpenDatagrams(local, use);

    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local) => inner.JoinGroup(group, local);

    private sealed class FilteredListener(IListener listener, FilteredNetwork network) : IListener
    {
        public IPEndPoint LocalEndPoint => listener.LocalEndPoint;

        public async Task<IConnection> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                IConnection accepted = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if (network.Allows(accepted.RemoteEndPoint.Address))
                    return accepted;
                accepted.Dispose();
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        public void Dispose() => listener.Dispose();
    }

    private sealed class FilteredConnection(IConnection connection, FilteredNetwork network) : IConnection
    {
        public IPEndPoint RemoteEndPoint => connection.RemoteEndPoint;

        public EncryptionMethods Encryption => connection.Encryption;

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => connection.ReceiveAsync(buffer);

        public ValueTask SendAsync(ReadOnlyMemory<byte> buffer) => connection.SendAsync(buffer);

        public void Acknowledge() => connection.Acknowledge();

        public void SetReceiveThreshold(int bytes) => connection.SetReceiveThreshold(bytes);

        public void Dispose()
        {
            network._kept.TryRemove(this, out _);
            connection.Dispose();
        }
    }
}
