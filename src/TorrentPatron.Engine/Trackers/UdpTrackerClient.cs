using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Announces over UDP (BEP 15, 41). One for the whole engine.</summary>
/// <param name="hosts">Finds the addresses of trackers.</param>
/// <param name="exchange">Asks trackers; disposed with this.</param>
/// <param name="time">The clock for the lifetime of connection ids.</param>
internal sealed class UdpTrackerClient(TrackerHosts hosts, UdpExchange exchange, TimeProvider time) : ITrackerClient, IDisposable
{
    private const int MaxConnections = 1_000;
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPEndPoint, Connection> _connections = [];

    public async Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken)
    {
        if (announce.Port is < 1 or > IPEndPoint.MaxPort)
            throw new TrackerFailureException("The address of a UDP tracker must have a port.");

        try
        {
            return await hosts.FindAsync(announce.IdnHost, family, cancellationToken).ConfigureAwait(false) is { } addresses
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

    public void Dispose() => exchange.Dispose();

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

        Connection fresh = await hosts.Connector.ConnectAsync(
            addresses, (address, token) => ConnectAsync(new IPEndPoint(address, announce.Port), token), cancellationToken).ConfigureAwait(false);
        return await AskAsync(fresh).ConfigureAwait(false);

        async Task<AnnounceResponse> AskAsync(Connection connection)
        {
            try
            {
                AnnounceResponse response = await exchange.AskAsync(
                    connection.Tracker,
                    transactionId => UdpTrackerCodec.WriteAnnounce(connection.Id, transactionId, announce, request),
                    (answer, transactionId) => UdpTrackerCodec.ReadAnnounce(answer, transactionId, connection.Tracker.AddressFamily),
                    cancellationToken).ConfigureAwait(false);
                return TrackerHosts.WithoutNearer(response, AddressReaches.Of(connection.Tracker.Address));
            }
            catch (TimeoutException)
            {
                // The next announce begins with another address, where there is one.
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
            (answer, transactionId) => UdpTrackerCodec.ReadConnect(answer, transactionId),
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
