using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Transport;
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
    private readonly HostResolver _resolve;
    private readonly Func<AddressFamily, IDatagramSocket> _openSocket;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private bool _isDisposed;

    /// <summary>Makes a client; sockets are opened when they are first needed.</summary>
    /// <param name="resolve">Finds the addresses of trackers.</param>
    /// <param name="openSocket">Opens a socket for IPv4 or IPv6.</param>
    /// <param name="random">Source of transaction ids; must bear use from many threads.</param>
    /// <param name="time">The clock for repeats and for the lifetime of connection ids.</param>
    public UdpTrackerClient(
        HostResolver resolve, Func<AddressFamily, IDatagramSocket> openSocket, Random random, TimeProvider time)
    {
        _resolve = resolve;
        _openSocket = openSocket;
        _random = random;
        _time = time;
    }

    public async Task<AnnounceResponse> AnnounceAsync(Uri announce, AnnounceRequest request, CancellationToken cancellationToken)
    {
        if (announce.Port is < 1 or > IPEndPoint.MaxPort)
            throw new TrackerFailureException("The address of a UDP tracker must have a port.");

        TrackerFailureException? failure = null;
        foreach (IPAddress address in await ResolveAsync(announce.IdnHost, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                var tracker = new IPEndPoint(address, announce.Port);
                return await AnnounceAsync(tracker, announce, request, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException e)
            {
                failure = new TrackerFailureException("The tracker did not answer in time.", e);
            }
            catch (IOException e)
            {
                string reason = e.InnerException is SocketException socket ? $": {socket.SocketErrorCode}" : "";
                failure = new TrackerFailureException($"The tracker cannot be reached{reason}.", e);
            }
        }

        throw failure ?? new TrackerFailureException("The tracker's host name is not known.");
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

    // One address of each family: more would only make a dead tracker take longer.
    private async Task<IEnumerable<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return (await _resolve(host, cancellationToken).ConfigureAwait(false)).DistinctBy(address => address.AddressFamily);
        }
        catch (SocketException e)
        {
            throw new TrackerFailureException("The tracker's host name is not known.", e);
        }
    }

    private async Task<AnnounceResponse> AnnounceAsync(
        IPEndPoint tracker, Uri announce, AnnounceRequest request, CancellationToken cancellationToken)
    {
        UdpExchange exchange = ExchangeFor(tracker.AddressFamily);
        if (FindConnection(tracker) is { } known)
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

        ulong fresh = await ConnectAsync(exchange, tracker, cancellationToken).ConfigureAwait(false);
        return await AskAsync(fresh).ConfigureAwait(false);

        Task<AnnounceResponse> AskAsync(ulong connectionId) => exchange.AskAsync(
            tracker,
            transactionId => UdpTrackerCodec.WriteAnnounce(connectionId, transactionId, announce, request),
            (answer, transactionId) => UdpTrackerCodec.ReadAnnounce(answer, transactionId, tracker.AddressFamily),
            cancellationToken);
    }

    private async Task<ulong> ConnectAsync(UdpExchange exchange, IPEndPoint tracker, CancellationToken cancellationToken)
    {
        ulong id = await exchange.AskAsync(
            tracker,
            UdpTrackerCodec.WriteConnect,
            (answer, transactionId) => UdpTrackerCodec.ReadConnect(answer, transactionId),
            cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            if (_connections.Count >= MaxConnections)
                _connections.Clear();
            _connections[tracker] = new Connection(id, _time.GetTimestamp());
        }

        return id;
    }

    private ulong? FindConnection(IPEndPoint tracker)
    {
        lock (_gate)
        {
            return _connections.TryGetValue(tracker, out Connection? connection)
                && _time.GetElapsedTime(connection.Since) < ConnectionLifetime
                ? connection.Id
                : null;
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

    private sealed record Connection(ulong Id, long Since);
}
