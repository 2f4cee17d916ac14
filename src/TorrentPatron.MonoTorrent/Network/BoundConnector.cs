using System.Net;
using System.Net.Sockets;
using MonoTorrent.Connections;
using ReusableTasks;

namespace TorrentPatron.MonoTorrent.Network;

#pragma warning disable RS0030 // MonoTorrent asks for a socket.

/// <summary>Dials peers from the address that the engine is bound to.</summary>
/// <param name="bindAddress">The address; null: any.</param>
internal sealed class BoundConnector(IPAddress? bindAddress) : ISocketConnector
{
    /// <inheritdoc/>
    public async ReusableTask<Socket> ConnectAsync(Uri uri, CancellationToken token)
    {
        var remote = new IPEndPoint(IPAddress.Parse(uri.Host), uri.Port);
        // Who binds to one address (a VPN's, say) means it: the other family must not go around it.
        if (bindAddress is not null && bindAddress.AddressFamily != remote.AddressFamily)
            throw new SocketException((int)SocketError.AddressFamilyNotSupported);
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (bindAddress is not null)
                socket.Bind(new IPEndPoint(bindAddress, 0));
            await socket.ConnectAsync(remote, token).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
