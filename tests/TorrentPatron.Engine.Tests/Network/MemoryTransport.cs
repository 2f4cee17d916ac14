using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>A network within the process: each transport on it has its own address.</summary>
internal sealed class MemoryNetwork
{
    private readonly ConcurrentDictionary<IPEndPoint, Channel<MemoryConnection>> _listeners = new();
    private int _port = 50_000;
    private int _address;

    /// <summary>Number of connections made.</summary>
    public int Dialled { get; private set; }

    /// <summary>Number of dials without a listener.</summary>
    public int Refused { get; private set; }

    public MemoryTransport Join() => new(this, new IPAddress([10, 0, 0, (byte)Interlocked.Increment(ref _address)]));

    public IPEndPoint NewEndPoint(IPAddress address) => new(address, Interlocked.Increment(ref _port));

    public Channel<MemoryConnection> Listen(IPEndPoint local)
    {
        var queue = Channel.CreateUnbounded<MemoryConnection>();
        return _listeners.TryAdd(local, queue) ? queue : throw new IOException("Somebody listens there.");
    }

    public void Unlisten(IPEndPoint local)
    {
        if (_listeners.TryRemove(local, out Channel<MemoryConnection>? queue))
            queue.Writer.TryComplete();
    }

    public MemoryConnection Connect(IPAddress from, IPEndPoint to)
    {
        (MemoryConnection dialler, MemoryConnection listener) = MemoryConnection.Pair(NewEndPoint(from), to);
        if (!_listeners.TryGetValue(to, out Channel<MemoryConnection>? queue) || !queue.Writer.TryWrite(listener))
        {
            Refused++;
            throw new IOException("Nobody listens there.");
        }

        Dialled++;
        return dialler;
    }
}

/// <summary>One address on a <see cref="MemoryNetwork"/>.</summary>
internal sealed class MemoryTransport(MemoryNetwork network, IPAddress address) : INetwork
{
    public IPAddress Address => address;

    public ReadOnlyCollection<IPAddress> LocalAddresses => [address];

    public ReadOnlyCollection<IPAddress> GroupAddresses => [];

    public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) => IPAddress.TryParse(host, out IPAddress? named)
        ? Task.FromResult<IPAddress[]>([named])
        : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));

    public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use) => throw new IOException("There are no datagrams here.");

    public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local) => throw new IOException("There are no groups here.");

    public Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IConnection>(network.Connect(address, remote));
    }

    public IListener Listen(IPEndPoint local) =>
        new MemoryListener(network, local.Port == 0 ? network.NewEndPoint(address) : new IPEndPoint(address, local.Port));

    private sealed class MemoryListener : IListener
    {
        private readonly MemoryNetwork _network;
        private readonly ChannelReader<MemoryConnection> _queue;

        public MemoryListener(MemoryNetwork network, IPEndPoint local)
        {
            _network = network;
            LocalEndPoint = local;
            _queue = network.Listen(local).Reader;
        }

        public IPEndPoint LocalEndPoint { get; }

        public async Task<IConnection> AcceptAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await _queue.ReadAsync(cancellationToken);
            }
            catch (ChannelClosedException e)
            {
                throw new IOException("The listener is closed.", e);
            }
        }

        public void Dispose() => _network.Unlisten(LocalEndPoint);
    }
}
