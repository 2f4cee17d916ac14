using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// Makes TCP connections to addresses of one reach only. The check is made on the very address that is connected to, so
/// a name that resolves differently the second time gains nothing.
/// </summary>
internal sealed class ReachBoundDialer(AddressReach reach, HostResolver resolve, IPAddress? bindAddress)
{
    private const int MaxAddresses = 4;

    /// <summary>Connects to the first address of the host that answers.</summary>
    /// <exception cref="SocketException">No address of this reach answers.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken cancellationToken)
    {
        var failure = new SocketException((int)SocketError.HostUnreachable);
        IPAddress[] addresses = await resolve(host.Host, cancellationToken).ConfigureAwait(false);
        foreach (IPAddress address in addresses.Where(address => AddressReaches.Of(address) == reach).Take(MaxAddresses))
        {
            try
            {
                return await ConnectAsync(new IPEndPoint(address, host.Port), cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                failure = e;
            }
        }

        throw failure;
    }

    private async Task<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (bindAddress is not null)
                socket.Bind(new IPEndPoint(bindAddress, 0));
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
