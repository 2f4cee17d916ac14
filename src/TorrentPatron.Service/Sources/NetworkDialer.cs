using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Service.Sources;

/// <summary>Finds and dials hosts; a test puts its own in its place.</summary>
/// <param name="time">The clock.</param>
internal class NetworkDialer(TimeProvider time)
{
    private readonly HostConnector _connector = new(time);

    /// <summary>The addresses of a host.</summary>
    public virtual Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        Dns.GetHostAddressesAsync(host, cancellationToken);

    /// <summary>Connects to the one of some addresses that answers first.</summary>
    public Task<Stream> DialAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken) => _connector.ConnectAsync(
        addresses, (address, token) => DialAsync(new IPEndPoint(address, port), token), cancellationToken);

    /// <summary>Connects to an address.</summary>
    protected virtual async Task<Stream> DialAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
