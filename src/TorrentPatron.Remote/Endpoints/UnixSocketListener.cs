using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Remote.Rpc;
using TorrentPatron.Service.Errors;

#pragma warning disable RS0030 // A local socket is not the network: it leads to processes of this machine only.

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Listens on a Unix domain socket that only its owner, or members of given groups, can reach.</summary>
/// <remarks>
/// Beside the socket is <c>service.lock</c>, which the service holds while it runs, however it ends. The socket is created under a temporary
/// name and renamed when it listens, so that clients never find one that does not listen; renaming replaces the socket of a dead service.
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
    private readonly AccessRules _rules;
    private bool _isDisposed;

    private UnixSocketListener(Socket socket, string address, FileStream? held, AccessRules? rules)
    {
        (_socket, Address, _lock, _rules) = (socket, address, held, rules ?? AccessRules.OwnerOnly);
        if (held is not null)
            _identity = SocketFolder.Find(address)?.Identity;
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <summary>Maximum length of a socket's path in bytes.</summary>
    internal static int MaxPathBytes => OperatingSystem.IsMacOS() ? 103 : 107;

    /// <summary>Creates the socket and listens.</summary>
    /// <param name="path">Its path, in a folder of its own.</param>
    /// <param name="rules">The access rules; null allows this user and root.</param>
    /// <exception cref="TorrentException">
    /// <see cref="Engine.Client.TorrentErrorId.ServiceRunning"/>; <see cref="Engine.Client.TorrentErrorId.ServiceFolderUnsafe"/>;
    /// <see cref="Engine.Client.TorrentErrorId.InvalidArgument"/>: the path is too long.
    /// </exception>
    public static UnixSocketListener Listen(string path, AccessRules? rules = null)
    {
        if (Encoding.UTF8.GetByteCount(path) > MaxPathBytes)
            throw EndpointErrors.TooLong(path, MaxPathBytes);
        string folder = Path.GetDirectoryName(path)!;
        SocketFolder.Make(folder, rules?.IsShared == true);
        FileStream? held = null;
        Socket? socket = null;
        try
        {
            held = Lock(folder, path);
            RequireFree(path);
            socket = MakeSocket(Path.Combine(folder, NewName), path, rules ?? AccessRules.OwnerOnly);
            return new UnixSocketListener(socket, path, held, rules);
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

    /// <summary>Takes over a listening socket.</summary>
    /// <param name="socket">The socket from systemd, which created its file and will remove it.</param>
    /// <param name="rules">The access rules; null allows this user and root.</param>
    public static UnixSocketListener TakeOver(Socket socket, AccessRules? rules = null) =>
        new(socket, socket.LocalEndPoint?.ToString() ?? "systemd", held: null, rules);

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
                ServiceAccess access = _rules.Of(peer, accepted);
                if (access != ServiceAccess.None)
                    return new RpcTransport(new NetworkStream(accepted, ownsSocket: true), peer) { Access = access };
                EngineEvents.Log.ConnectionRefused(peer.ToString(), "The user is not allowed to use the service.");
                if (_rules.IsShared)
                    Tell(accepted, EndpointErrors.NotMember(peer.User));
            }
            catch (SocketException)
            {
                // The client has gone.
            }
            catch
            {
                accepted.Dispose();
                throw;
            }

            accepted.Dispose();
            if (++inARow % 16 == 0)
                await Task.Yield();
        }
    }

    /// <summary>Stops listening, and removes the socket's file.</summary>
    public ValueTask DisposeAsync()
    {
        // Only once: afterwards another service may use the path.
        if (Interlocked.Exchange(ref _isDisposed, true))
            return ValueTask.CompletedTask;
        _socket.Dispose();
        if (_lock is null)
            return ValueTask.CompletedTask;
        try
        {
            // A process that ignores the lock may have put another socket there.
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

    /// <summary>Checks that nobody listens at the path, and that nothing but a dead service's socket is there.</summary>
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
            // The queue is full, so somebody listens.
        }

        throw EndpointErrors.Running(path);
    }

    private static Socket MakeSocket(string newPath, string path, AccessRules rules)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(newPath);
            // On Linux the file gets the socket's mode; changing it afterwards would leave it open for a moment.
            if (OperatingSystem.IsLinux())
            {
                using var handle = new SafeFileHandle(socket.Handle, ownsHandle: false);
                File.SetUnixFileMode(handle, SocketMode);
            }

            socket.Bind(new UnixDomainSocketEndPoint(newPath));
            if (!OperatingSystem.IsWindows() && !OperatingSystem.IsLinux())
                File.SetUnixFileMode(newPath, SocketMode);
            socket.Listen(Backlog);
            Share(newPath, path, rules);
            File.Move(newPath, path, overwrite: true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Tells a refused user the reason, if the system accepts it without blocking.</summary>
    private static void Tell(Socket socket, TorrentError why)
    {
        using var writer = new LineWriter(RpcLimits.MaxLineToClient);
        socket.Blocking = false;
        _ = socket.Send(writer.Write(why, RpcMessages.WriteClosing).Span, SocketFlags.None, out _);
    }

    /// <summary>Lets a group reach the socket before it is renamed, or everybody if there are two groups: the service then checks each client.</summary>
    private static void Share(string newPath, string path, AccessRules rules)
    {
        if (OperatingSystem.IsWindows() || !rules.IsShared)
            return;
        UnixFileMode mode = SocketMode | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
        if (rules.Members is null || rules.Readers is null)
        {
            UserGroup group = rules.Members ?? rules.Readers!;
            try
            {
                PosixGroups.Give(newPath, group.Id);
            }
            catch (IOException fault)
            {
                throw EndpointErrors.NotGiven(path, group, fault);
            }
        }
        else
        {
            mode |= UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        }

        File.SetUnixFileMode(newPath, mode);
    }
}
