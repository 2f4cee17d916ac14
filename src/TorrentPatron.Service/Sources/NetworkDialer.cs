using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Service.Sources;

/// <summary>Finds and dials hosts; a test puts its own in its place.</summary>
internal class NetworkDialer
{
    /// <summary>The addresses of a host.</summary>
    public virtual Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        Dns.GetHostAddressesAsync(host, cancellationToken);

    /// <summary>Connects to the first of some addresses that answers.</summary>
    public virtual async Task<Stream> DialAsync(IPAddress[] addresses, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
