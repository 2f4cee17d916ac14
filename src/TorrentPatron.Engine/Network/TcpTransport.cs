using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>Streams over TCP, IPv4 and IPv6.</summary>
internal sealed class TcpTransport(IPAddress? bindAddress) : ITransport
{
    public async Task<IConnection> ConnectAsync(IPEndPoint remote, CancellationToken cancellationToken)
    {
        // Who binds to one address (a VPN's, say) means it: the other family must not go around it.
        if (bindAddress is not null && bindAddress.AddressFamily != remote.AddressFamily)
            throw new IOException("The address to dial from is of the other IP version.");
        Socket? socket = null;
        try
        {
            // Even this may fail: without IPv6 on the machine, or with every file descriptor taken.
            socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (bindAddress is not null)
                socket.Bind(new IPEndPoint(bindAddress, 0));
            await socket.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
            return new TcpConnection(socket, remote);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException(e.Message, e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    public IListener Listen(IPEndPoint local)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // Each family has a listener of its own: a dual-mode socket would take the IPv4 port of another program.
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            // No ReuseAddress: .NET lets a restart have its port back as it is (SO_REUSEADDR); the option would add
            // SO_REUSEPORT, and two engines would share a port without knowing.
            socket.Bind(local);
            socket.Listen(128);
            return new TcpListener(socket);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new IOException(e.Message, e);
        }
    }

    private sealed class TcpListener(Socket socket) : IListener
    {
        public IPEndPoint LocalEndPoint { get; } = (IPEndPoint)socket.LocalEndPoint!;

        public async Task<IConnection> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                Socket? accepted = null;
                try
                {
                    accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                    accepted.NoDelay = true;
                    return new TcpConnection(accepted, (IPEndPoint)accepted.RemoteEndPoint!);
                }
                catch (SocketException) when (accepted is not null)
                {
                    // The peer has gone before we could look at it.
                    accepted.Dispose();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    throw new IOException("The listener is closed.", e);
                }
            }
        }

        public void Dispose() => socket.Dispose();
    }
}
