using System.Net.Sockets;
using TorrentPatron.Remote.Rpc;

namespace TorrentPatron.Remote.Tests.Connected;

/// <summary>A Unix domain socket of a test's own.</summary>
internal sealed class SocketListener : IRpcListener
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public SocketListener(string path)
    {
        Address = path;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen();
    }

    public string Address { get; }

    public static Stream Dial(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask<RpcTransport> AcceptAsync(CancellationToken cancellationToken) =>
        new(new NetworkStream(await _socket.AcceptAsync(cancellationToken), ownsSocket: true), new PeerCredential("test", null));

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
