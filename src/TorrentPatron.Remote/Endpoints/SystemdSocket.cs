using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Service.Errors;

#pragma warning disable RS0030 // A local socket is not the network.

namespace TorrentPatron.Remote.Endpoints;

/// <summary>The listening socket that systemd passes to a socket-activated service (sd_listen_fds).</summary>
internal static class SystemdSocket
{
    private const int First = 3;
    private const int Most = 16;

    /// <summary>
    /// Takes the socket, once: makes it non-inheritable and clears the variables, so that no child process takes it. Call it before starting any
    /// process.
    /// </summary>
    /// <returns>The socket; null if there is none.</returns>
    /// <exception cref="TorrentException">It is not a listening Unix domain socket.</exception>
    public static Socket? Take()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        string? process = Environment.GetEnvironmentVariable("LISTEN_PID"), count = Environment.GetEnvironmentVariable("LISTEN_FDS");
        foreach (string variable in new[] { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID" })
            Environment.SetEnvironmentVariable(variable, null);
        if (!int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id != Environment.ProcessId
            || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int sockets) || sockets is < 1 or > Most)
            return null;
        for (int descriptor = First; descriptor < First + sockets; descriptor++)
            CloseOnExec(descriptor);
        if (sockets > 1)
            throw EndpointErrors.NotListening($"there are {sockets} sockets");
        return Adopt(First);
    }

    /// <summary>Takes over an open socket.</summary>
    internal static Socket Adopt(int descriptor)
    {
        const int SolSocket = 1, SoAcceptConn = 30;
        Socket? socket = null;
        try
        {
            socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            Span<byte> listens = stackalloc byte[4];
            socket.GetRawSocketOption(SolSocket, SoAcceptConn, listens);
            if (socket.AddressFamily == AddressFamily.Unix && socket.SocketType == SocketType.Stream && MemoryMarshal.Read<int>(listens) != 0)
                return socket;
        }
        catch (SocketException fault)
        {
            socket?.Dispose();
            throw EndpointErrors.NotListening(fault.Message);
        }

        socket.Dispose();
        throw EndpointErrors.NotListening("it is not a listening Unix domain socket");
    }

    private static void CloseOnExec(int descriptor)
    {
        const int SetFlags = 2, CloseOnExecFlag = 1;
        if (PosixFiles.Repeat(() => FControl(descriptor, SetFlags, CloseOnExecFlag)) != 0)
            throw EndpointErrors.NotListening(Marshal.GetLastPInvokeErrorMessage());
    }

    // Its last argument is passed as if the function had no "..." on Linux; elsewhere there is no systemd.
    [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FControl(int descriptor, int command, int argument);
}
