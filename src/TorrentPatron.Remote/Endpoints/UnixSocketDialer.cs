using System.Net.Sockets;
using System.Text;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

#pragma warning disable RS0030 // A local socket is not the network: it leads to processes of this machine only.

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Connects to a Unix domain socket.</summary>
internal static class UnixSocketDialer
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Connects, and verifies the owner of the service.</summary>
    /// <param name="path">The socket's path.</param>
    /// <param name="isTrusted">Whether to trust the service's user; null trusts this user and root.</param>
    /// <param name="patience">Longest wait for room in the service's queue.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="TorrentException">
    /// <see cref="Engine.Client.TorrentErrorId.ServiceUnavailable"/> or <see cref="Engine.Client.TorrentErrorId.ServiceAccessDenied"/>.
    /// </exception>
    public static async Task<RpcTransport> DialAsync(
        string path, Func<PeerCredential, bool>? isTrusted, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Encoding.UTF8.GetByteCount(path) > UnixSocketListener.MaxPathBytes)
            throw EndpointErrors.TooLong(path, UnixSocketListener.MaxPathBytes);
        using var deadline = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        Socket? socket = null;
        try
        {
            socket = await ConnectAsync(path, time, either.Token).ConfigureAwait(false);
            PeerCredential service = PeerCredentials.Of(socket);
            if (!(isTrusted ?? PeerCredentials.IsOwnOrRoot)(service))
                throw EndpointErrors.Foreign(path, service.ToString());
            var transport = new RpcTransport(new NetworkStream(socket, ownsSocket: true), service);
            socket = null;
            return transport;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw EndpointErrors.NoAnswer(path, patience);
        }
        catch (SocketException fault)
        {
            const int NoSuchFile = 2;
            throw fault.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => EndpointErrors.NotRunning(path, fault),
                SocketError.AccessDenied => EndpointErrors.Denied(path, fault),
                _ when fault.NativeErrorCode == NoSuchFile || !File.Exists(path) => EndpointErrors.NotRunning(path, fault),
                _ => EndpointErrors.Unreachable(path, fault),
            };
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private static async Task<Socket> ConnectAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException fault) when (fault.SocketErrorCode is SocketError.WouldBlock or SocketError.TryAgain)
            {
                // The service's queue is full, and the system does not let us wait.
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
