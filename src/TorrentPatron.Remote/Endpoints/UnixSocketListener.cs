using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

#pragma warning disable RS0030 // A local socket is not the network: it leads to processes of this machine only.

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Listens on a Unix domain socket, which its owner alone can reach.</summary>
/// <remarks>
/// Beside the socket lies <c>service.lock</c>, which the service holds as long as it runs, however it ends. The socket is made under another
/// name and takes its own when it listens, so that nobody meets one that does not; what a dead service left is replaced by that.
/// </remarks>
internal sealed class UnixSocketListener : IRpcListener
{
    private const string LockName = "service.lock";
    private const string NewName = ".new";
    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int Backlog = 512;

    private readonly Socket _socket;
    private readonly FileStream? _lock; // null: systemd's socket
    private readonly FileIdentity? _identity;
    private readonly Func<PeerCredential, bool> _mayEnter;
    private bool _isDisposed;

    private UnixSocketListener(Socket socket, string address, FileStream? held, Func<PeerCredential, bool>? mayEnter)
    {
        (_socket, Address, _lock, _mayEnter) = (socket, address, held, mayEnter ?? PeerCredentials.IsOwnOrRoot);
        if (held is not null)
            _identity = SocketFolder.Find(address)?.Identity;
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <summary>The longest path that the system gives a socket, bytes.</summary>
    internal static int MaxPathBytes => OperatingSystem.IsMacOS() ? 103 : 107;

    /// <summary>Makes the socket and listens.</summary>
    /// <param name="path">Its path, in a folder that belongs to it alone.</param>
    /// <param name="mayEnter">Who may connect; null: this user, and root.</param>
    /// <exception cref="TorrentException">
    /// <see cref="Engine.Client.TorrentErrorId.ServiceRunning"/>; <see cref="Engine.Client.TorrentErrorId.ServiceFolderUnsafe"/>;
    /// <see cref="Engine.Client.TorrentErrorId.InvalidArgument"/>: the path is too long.
    /// </exception>
    public static UnixSocketListener Listen(string path, Func<PeerCredential, bool>? mayEnter = null)
    {
        if (Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
            throw EndpointErrors.TooLong(path, MaxPathBytes);
        string folder = Path.GetDirectoryName(path)!;
        SocketFolder.Make(folder);
        FileStream? held = null;
        Socket? socket = null;
        try
        {
            held = Lock(folder, path);
            RequireFree(path);
            socket = MakeSocket(Path.Combine(folder, NewName), path);
            return new UnixSocketListener(socket, path, held, mayEnter);
        }
        catch (Exception fault)
        {
            socket?.Dispose();
            held?.Dispose();
            if (fault is IOException or UnauthorizedAccessException or SocketException)
                throw EndpointErrors.NotMade(path, fault);
            throw;
        }
    }

    /// <summary>Takes over a socket that listens already.</summary>
    /// <param name="socket">The socket, from systemd, which made its file and will remove it.</param>
    /// <param name="mayEnter">Who may connect; null: this user, and root.</param>
    public static UnixSocketListener TakeOver(Socket socket, Func<PeerCredential, bool>? mayEnter = null) =>
        new(socket, socket.LocalEndPoint?.ToString() ?? "systemd", held: null, mayEnter);

    /// <inheritdoc/>
    public async ValueTask<RpcTransport> AcceptAsync(CancellationToken cancellationToken)
    {
        int inARow = 0;
        while (true)
        {
            Socket accepted = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                PeerCredential peer = PeerCredentials.Of(accepted);
                if (_mayEnter(peer))
                    return new RpcTransport(new NetworkStream(accepted, ownsSocket: true), peer);
                EngineEvents.Log.ConnectionRefused(peer.ToString(), "The service is another user's.");
            }
            catch (SocketException)
            {
                // It has gone.
            }

            accepted.Dispose();
            if (++inARow % 16 == 0)
                await Task.Yield();
        }
    }

    /// <summary>Listens no longer, and removes the socket's file.</summary>
    public ValueTask DisposeAsync()
    {
        // Once: after it the place may be another service's.
        if (Interlocked.Exchange(ref _isDisposed, true))
            return ValueTask.CompletedTask;
        _socket.Dispose();
        if (_lock is null)
            return ValueTask.CompletedTask;
        try
        {
            // Somebody who does not keep to the lock may have put another one there.
            if (SocketFolder.Find(Address) is { } found && found.Identity == _identity)
                File.Delete(Address);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The next service replaces it.
        }

        _lock.Dispose();
        return ValueTask.CompletedTask;
    }

    private static FileStream Lock(string folder, string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = SocketMode;
        try
        {
            return new FileStream(Path.Combine(folder, LockName), options);
        }
        catch (IOException fault) when (SharingViolation.Is(fault))
        {
            throw EndpointErrors.Running(path);
        }
    }

    /// <summary>Requires that nobody listens there, and that what is there is no more than what a dead service left.</summary>
    private static void RequireFree(string path)
    {
        if (SocketFolder.Find(path) is not { } found)
            return;
        if (found.Kind != FileKind.Special)
            throw EndpointErrors.NotSocket(path);
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return;
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.WouldBlock)
        {
            // So many wait there that there is no room for one more.
        }

        throw EndpointErrors.Running(path);
    }

    private static Socket MakeSocket(string newPath, string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(newPath);
            // On Linux the file takes the socket's mode; to change it afterwards would leave a moment in which it is open.
            if (OperatingSystem.IsLinux())
            {
                using var handle = new SafeFileHandle(socket.Handle, ownsHandle: false);
                File.SetUnixFileMode(handle, SocketMode);
            }

            socket.Bind(new UnixDomainSocketEndPoint(newPath));
            if (!OperatingSystem.IsWindows() && !OperatingSystem.IsLinux())
                File.SetUnixFileMode(newPath, SocketMode);
            socket.Listen(Backlog);
            File.Move(newPath, path, overwrite: true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
