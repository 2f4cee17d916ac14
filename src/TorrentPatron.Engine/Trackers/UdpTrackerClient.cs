using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Announces over UDP (BEP 15, 41). One for the whole engine: it has one socket per address family.</summary>
internal sealed class UdpTrackerClient : ITrackerClient, IDisposable
{
    private const int MaxConnections = 1_000;
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<AddressFamily, UdpExchange> _exchanges = [];
    private readonly Dictionary<IPEndPoint, Connection> _connections = [];
    private readonly TrackerHosts _hosts;
    private readonly Func<AddressFamily, IDatagramSocket> _openSocket;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private bool _isDisposed;

    /// <summary>Makes a client; sockets are opened when they are first needed.</summary>
    /// <param name="hosts">Finds the addresses of trackers.</param>
    /// <param name="openSocket">Opens a socket for IPv4 or IPv6.</param>
    /// <param name="random">Source of transaction ids; must bear use from many threads.</param>
    /// <param name="time">The clock for repeats and for the lifetime of connection ids.</param>
    public UdpTrackerClient(
        TrackerHosts hosts, Func<AddressFamily, IDatagramSocket> openSocket, Random random, TimeProvider time)
    {
        _hosts = hosts;
        _openSocket = openSocket;
        _random = random;
        _time = time;
    }

    public async Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken)
    {
        if (announce.Port is < 1 or > IPEndPoint.MaxPort)
            throw new TrackerFailureException("The address of a UDP tracker must have a port.");

        try
        {
            return await _hosts.FindAsync(announce.IdnHost, family, cancellationToken).ConfigureAwait(false) is { } addresses
                ? await AnnounceAsync(addresses, announce, request, cancellationToken).ConfigureAwait(false)
                : null;
        }
        catch (TimeoutException e)
        {
            throw new TrackerFailureException("The tracker did not answer in time.", e);
        }
        catch (IOException e)
        {
            string reason = e.InnerException is SocketException socket ? $": {socket.SocketErrorCode}" : "";
            throw new TrackerFailureException($"The tracker cannot be reached{reason}.", e);
        }
        catch (SocketException e)
        {
            throw new TrackerFailureException("The tracker's host name is not known.", e);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (UdpExchange exchange in _exchanges.Values)
                exchange.Dispose();
        }
    }

    /// <summary>Announces to the address that answers a connect request first; the others hear of no announce.</summary>
    private async Task<AnnounceResponse> AnnounceAsync(
        IPAddress[] addresses, Uri announce, AnnounceRequest request, CancellationToken cancellationToken)
    {
        if (FindConnection(addresses, announce.Port) is { } known)
        {
            try
            {
                return await AskAsync(known).ConfigureAwait(false);
            }
            catch (TrackerFailureException)
            {
                // It may be the id that the tracker does not like any more, after a restart. A new one settles it.
            }
        }

        Connection fresh = await _hosts.Connector.ConnectAsync(
            addresses, (address, token) => ConnectAsync(new IPEndPoint(address, announce.Port), token), cancellationToken).ConfigureAwait(false);
        return await AskAsync(fresh).ConfigureAwait(false);

        async Task<AnnounceResponse> AskAsync(Connection connection)
        {
            try
            {
                return await ExchangeFor(connection.Tracker.AddressFamily).AskAsync(
                    connection.Tracker,
                    transactionId => UdpTrackerCodec.WriteAnnounce(connection.Id, transactionId, announce, request),
                    (answer, transactionId) => UdpTrackerCodec.ReadAnnounce(answer, transactionId, connection.Tracker.AddressFamily),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The next announce begins with another address, where there is one.
                _hosts.Connector.NoteSilence(connection.Tracker.Address);
                lock (_gate)
                    _connections.Remove(connection.Tracker);
                throw;
            }
        }
    }

    private async Task<Connection> ConnectAsync(IPEndPoint tracker, CancellationToken cancellationToken)
    {
        ulong id = await ExchangeFor(tracker.AddressFamily).AskAsync(
            tracker,
            UdpTrackerCodec.WriteConnect,
            (answer, transactionId) => UdpTrackerCodec.ReadConnect(answer, transactionId),
            cancellationToken).ConfigureAwait(false);
        var connection = new Connection(tracker, id, _time.GetTimestamp());
        lock (_gate)
        {
            if (_connections.Count >= MaxConnections)
                _connections.Clear();
            _connections[tracker] = connection;
        }

        return connection;
    }

    private Connection? FindConnection(IPAddress[] addresses, int port)
    {
        lock (_gate)
        {
            return addresses.Select(address => _connections.GetValueOrDefault(new IPEndPoint(address, port)))
                .FirstOrDefault(connection => connection is not null && _time.GetElapsedTime(connection.Since) < ConnectionLifetime);
        }
    }

    private UdpExchange ExchangeFor(AddressFamily family)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_exchanges.TryGetValue(family, out UdpExchange? exchange) && !exchange.IsBroken)
                return exchange;

            exchange?.Dispose();
            return _exchanges[family] = new UdpExchange(_openSocket(family), _random, _time);
        }
    }

    private sealed record Connection(IPEndPoint Tracker, ulong Id, long Since);
}
