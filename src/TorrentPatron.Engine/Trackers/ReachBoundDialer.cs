using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Trackers;

/// <summary>
/// Makes TCP connections to addresses of one reach, and of one IP version or both. The check is made on the very address that is
/// connected to, so a name that resolves differently the second time gains nothing.
/// </summary>
/// <param name="reach">The reach.</param>
/// <param name="family">The IP version; <see cref="AddressFamily.Unspecified"/>: both.</param>
/// <param name="resolve">Finds the addresses of hosts.</param>
/// <param name="bindAddress">The local address to connect from; null: any.</param>
/// <param name="connector">Tries the addresses of a host.</param>
internal sealed class ReachBoundDialer(
    AddressReach reach, AddressFamily family, HostResolver resolve, IPAddress? bindAddress, HostConnector connector)
{
    /// <summary>Connects to the address of the host that answers first.</summary>
    /// <exception cref="SocketException">No such address answers.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint host, CancellationToken cancellationToken)
    {
        IPAddress[] addresses = await resolve(host.Host, cancellationToken).ConfigureAwait(false);
        IPAddress[] allowed = [.. TrackerHosts.OfFamily(addresses, family).Where(address => AddressReaches.Of(address) == reach)];
        if (allowed.Length == 0)
            throw new SocketException((int)SocketError.HostUnreachable);
        return await connector.ConnectAsync(
            allowed, (address, token) => ConnectAsync(new IPEndPoint(address, host.Port), token), cancellationToken).ConfigureAwait(false);
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
