using System.Net;
using System.Net.Sockets;
using MonoTorrent.Connections;
using ReusableTasks;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.MonoTorrent.Network;

#pragma warning disable RS0030 // MonoTorrent requires a socket.

/// <summary>Dials peers over the network that the engine is bound to.</summary>
/// <param name="binding">The binding.</param>
/// <param name="filter">The IP filter.</param>
internal sealed class BoundConnector(NetworkBinding binding, FilteredNetwork filter) : ISocketConnector
{
    /// <inheritdoc/>
    public async ReusableTask<Socket> ConnectAsync(Uri uri, CancellationToken token)
    {
        var remote = new IPEndPoint(IPAddress.Parse(uri.Host), uri.Port);
        if (!filter.Allows(remote.Address))
            throw new SocketException((int)SocketError.AccessDenied);
        BoundAddresses bound = binding.Current;
        // A user who binds to one address, such as a VPN's, does not want the other family to bypass it.
        if (bound.Of(remote.AddressFamily) is not { } local)
            throw new SocketException((int)(bound.Down is null ? SocketError.AddressFamilyNotSupported : SocketError.NetworkDown));
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (bound.IsBound)
            {
                binding.BindToInterface(socket, bound);
                socket.Bind(new IPEndPoint(local, 0));
            }

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
