using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Announces over UDP (BEP 15, 41). One instance for the whole engine.</summary>
/// <param name="hosts">Resolves trackers' hosts.</param>
/// <param name="exchange">Sends queries; disposed with this object.</param>
/// <param name="time">The clock for the lifetime of connection ids.</param>
internal sealed class UdpTrackerClient(TrackerHosts hosts, UdpExchange exchange, TimeProvider time) : ITrackerClient, IDisposable
{
    private const int MaxConnections = 1_000;
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, Connection> _connections = [];

    public Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken) => AskAsync(
        announce, family,
        (connection, transactionId) => UdpTrackerCodec.WriteAnnounce(connection.Id, transactionId, announce, request),
        (connection, answer, transactionId, from) => TrackerHosts.WithoutNearer(
            UdpTrackerCodec.ReadAnnounce(answer, transactionId, from.AddressFamily), AddressReaches.Of(connection.Tracker.Address)),
        cancellationToken);

    public async Task<ScrapeResponse?> ScrapeAsync(Uri announce, InfoHash torrent, AddressFamily family, CancellationToken cancellationToken) =>
        await AskAsync<object>(
            announce, family,
            (connection, transactionId) => UdpTrackerCodec.WriteScrape(connection.Id, transactionId, torrent),
            (_, answer, transactionId, _) => UdpTrackerCodec.ReadScrape(answer, transactionId),
            cancellationToken).ConfigureAwait(false) as ScrapeResponse?;

    public void Dispose() => exchange.Dispose();

    private delegate byte[] Write(Connection connection, uint transactionId);

    private delegate T Read<T>(Connection connection, ReadOnlySpan<byte> answer, uint transactionId, IPEndPoint from);

    /// <returns>The answer; null if the tracker has no address of this IP version.</returns>
    private async Task<T?> AskAsync<T>(Uri announce, AddressFamily family, Write write, Read<T> read, CancellationToken cancellationToken)
        where T : class
    {
        if (announce.Port is < 1 or > IPEndPoint.MaxPort)
            throw new TrackerFailureException("The address of a UDP tracker must have a port.");

        try
        {
            return await hosts.FindAsync(announce.IdnHost, family, cancellationToken).ConfigureAwait(false) is { } addresses
                ? await AskAsync(addresses, announce.Port, write, read, cancellationToken).ConfigureAwait(false)
                : null;
        }
        catch (TimeoutException e)
        {
            throw new TrackerFailureException("The tracker did not answer in time.", e);
        }
        catch (ProxyException e)
        {
            throw new TrackerFailureException(e.Message, e);
        }
        catch (IOException e)
        {
            string reason = e.InnerException is SocketException socket ? $": {socket.SocketErrorCode}" : "";
            throw new TrackerFailureException($"The tracker cannot be reached{reason}.", e);
        }
        catch (SocketException e)
        {
            throw new TrackerFailureException("The tracker's host name cannot be resolved.", e);
        }
    }

    /// <summary>Queries the address that first answers a connect request; the others get nothing more.</summary>
    private async Task<T> AskAsync<T>(IPAddress[] addresses, int port, Write write, Read<T> read, CancellationToken cancellationToken)
    {
        if (FindConnection(addresses, port) is { } known)
        {
            try
            {
                return await AskOneAsync(known).ConfigureAwait(false);
            }
            catch (TrackerFailureException)
            {
                // After a restart the tracker may reject the old connection id. A new one settles it.
            }
        }

        Connection fresh = await hosts.Connector.ConnectAsync(
            addresses, (address, token) => ConnectAsync(new IPEndPoint(address, port), token), cancellationToken).ConfigureAwait(false);
        return await AskOneAsync(fresh).ConfigureAwait(false);

        async Task<T> AskOneAsync(Connection connection)
        {
            try
            {
                return await exchange.AskAsync(
                    connection.Tracker,
                    transactionId => write(connection, transactionId),
                    (answer, transactionId, from) => read(connection, answer, transactionId, from),
                    cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The next announce starts with another address, if there is one.
                hosts.Connector.NoteSilence(connection.Tracker.Address);
                lock (_gate)
                    _connections.Remove(connection.Tracker);
                throw;
            }
        }
    }

    private async Task<Connection> ConnectAsync(IPEndPoint tracker, CancellationToken cancellationToken)
    {
        ulong id = await exchange.AskAsync(
            tracker,
            UdpTrackerCodec.WriteConnect,
            (answer, transactionId, _) => UdpTrackerCodec.ReadConnect(answer, transactionId),
            cancellationToken).ConfigureAwait(false);
        var connection = new Connection(tracker, id, time.GetTimestamp());
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
                .FirstOrDefault(connection => connection is not null && time.GetElapsedTime(connection.Since) < ConnectionLifetime);
        }
    }

    private sealed record Connection(IPEndPoint Tracker, ulong Id, long Since);
}
