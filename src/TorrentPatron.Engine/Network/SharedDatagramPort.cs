using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>One UDP port for everything that is spoken over UDP, so that a router has one hole only: DHT, and in time uTP.</summary>
internal sealed class SharedDatagramPort : IDatagramPort, IAsyncDisposable
{
    private const int LongestDatagram = 64 * 1024;

    /// <summary>Waited after the network has refused to receive: some systems report another's fault here.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    /// <summary>Refusals in a row after which nothing more is expected of a socket.</summary>
    private const int MostFailures = 100;

    private readonly List<IDatagramSocket> _sockets = [];
    private readonly List<Task> _receiving = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private volatile IDatagramHandler[] _handlers = [];
    private long _received;
    private long _sent;

    /// <summary>Opens the port; nothing is received before <see cref="Start"/>.</summary>
    /// <param name="sockets">Its sockets, one of each family at most; disposed with this.</param>
    /// <param name="time">The clock.</param>
    public SharedDatagramPort(IEnumerable<IDatagramSocket> sockets, TimeProvider time)
    {
        _sockets.AddRange(sockets);
        _time = time;
    }

    /// <summary>Where it receives.</summary>
    public ReadOnlyCollection<IPEndPoint> EndPoints => [.. _sockets.Select(socket => socket.LocalEndPoint)];

    /// <summary>Bytes received.</summary>
    public long BytesReceived => Interlocked.Read(ref _received);

    /// <summary>Bytes sent.</summary>
    public long BytesSent => Interlocked.Read(ref _sent);

    /// <summary>Adds a protocol. Those added first look at a datagram first.</summary>
    public void Attach(IDatagramHandler handler) => _handlers = [.. _handlers, handler];

    /// <summary>Begins to receive.</summary>
    public void Start() => _receiving.AddRange(_sockets.Select(socket => ReceiveAsync(socket, _stop.Token)));

    /// <inheritdoc/>
    public bool Has(AddressFamily family) => _sockets.Exists(socket => socket.LocalEndPoint.AddressFamily == family);

    /// <inheritdoc/>
    public void Send(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        if (_sockets.Find(socket => socket.LocalEndPoint.AddressFamily == remote.AddressFamily) is { } socket)
            _ = SendAsync(socket, datagram, remote);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (IDatagramSocket socket in _sockets)
            socket.Dispose();
        await Task.WhenAll(_receiving).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task SendAsync(IDatagramSocket socket, ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        try
        {
            await socket.SendAsync(datagram, remote, CancellationToken.None).ConfigureAwait(false);
            Interlocked.Add(ref _sent, datagram.Length);
        }
        catch (IOException)
        {
            // No way there. Whoever waits for an answer will see that none comes.
        }
    }

    private async Task ReceiveAsync(IDatagramSocket socket, CancellationToken stop)
    {
        var buffer = new byte[LongestDatagram];
        int failures = 0;
        while (!stop.IsCancellationRequested && failures < MostFailures)
        {
            try
            {
                (int length, IPEndPoint remote) = await socket.ReceiveAsync(buffer, stop).ConfigureAwait(false);
                failures = 0;
                Interlocked.Add(ref _received, length);
                Deliver(buffer.AsMemory(0, length), remote);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException)
            {
                failures++;
                await Task.Delay(Rest, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Deliver(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        foreach (IDatagramHandler handler in _handlers)
        {
            if (handler.TryHandle(datagram, remote))
                return;
        }
    }
}
