using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>The system's network; it records everything sent through it.</summary>
internal sealed class WatchedNetwork(INetwork? inner = null) : INetwork
{
    private readonly INetwork _inner = inner ?? new SocketNetwork(IPAddress.Loopback);

    /// <summary>Each name looked up, each address dialled, and each socket opened for datagrams, groups and listening.</summary>
    public ConcurrentQueue<string> Seen { get; } = [];

    public ReadOnlyCollection<IPAddress> LocalAddresses => _inner.LocalAddresses;

    public ReadOnlyCollection<IPAddress> GroupAddresses => _inner.GroupAddresses;

    public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken)
    {
        Seen.Enqueue($"resolve {host}");
        return _inner.ResolveAsync(host, use, cancellationToken);
    }

    public Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        Seen.Enqueue($"connect {remote}");
        return _inner.ConnectAsync(remote, use, cancellationToken);
    }

    public IListener Listen(IPEndPoint local)
    {
        Seen.Enqueue("listen");
        return _inner.Listen(local);
    }

    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use)
    {
        Seen.Enqueue("datagrams");
        return new Socket(_inner.OpenDatagrams(local, use), Seen);
    }

    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local)
    {
        Seen.Enqueue("group");
        return _inner.JoinGroup(group, local);
    }

    private sealed class Socket(IDatagramSocket inner, ConcurrentQueue<string> seen) : IDatagramSocket
    {
        private volatile bool _isDisposed;

        public IPEndPoint LocalEndPoint => inner.LocalEndPoint;

        public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken)
        {
            Note(remote);
            return inner.SendAsync(datagram, remote, cancellationToken);
        }

        public ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken)
        {
            for (int i = 0; i < batch.Count; i++)
                Note(batch.Remote(i));
            return inner.SendAsync(batch, cancellationToken);
        }

        public ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken) => inner.ReceiveAsync(batch, cancellationToken);

        public void Dispose()
        {
            _isDisposed = true;
            inner.Dispose();
        }

        private void Note(IPEndPoint remote)
        {
            // A closed socket sends nothing.
            if (!_isDisposed)
                seen.Enqueue($"send {remote}");
        }
    }
}
