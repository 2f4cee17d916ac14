using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Remote.Rpc;

#pragma warning disable RS0030 // A local socket is not the network.

namespace TorrentPatron.Remote.Endpoints;

/// <summary>Reads the credentials of the other end of a Unix domain socket from the system.</summary>
internal static class PeerCredentials
{
    /// <summary>The credentials of the other end: the client or, on a client's socket, the service.</summary>
    /// <exception cref="SocketException">The other end has gone.</exception>
    public static PeerCredential Of(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            const int SolSocket = 1, SoPeerCred = 17;
            Span<byte> answer = stackalloc byte[12]; // pid, uid, gid
            socket.GetRawSocketOption(SolSocket, SoPeerCred, answer);
            int process = MemoryMarshal.Read<int>(answer);
            return Make(MemoryMarshal.Read<uint>(answer[4..]), process > 0 ? process : null);
        }

        if (OperatingSystem.IsMacOS())
        {
            const int SolLocal = 0, LocalPeerCred = 1, LocalPeerPid = 2;
            Span<byte> answer = stackalloc byte[76]; // version, uid, count of groups, 16 groups
            socket.GetRawSocketOption(SolLocal, LocalPeerCred, answer);
            Span<byte> process = stackalloc byte[4];
            socket.GetRawSocketOption(SolLocal, LocalPeerPid, process);
            return Make(MemoryMarshal.Read<uint>(answer[4..]), MemoryMarshal.Read<int>(process));
        }

        // Only the permissions of the folder protect the socket then.
        return Make(PosixFiles.EffectiveUser, null);
    }

    /// <summary>The groups of the other process when it connected, including its primary group.</summary>
    /// <exception cref="SocketException">The other end has gone.</exception>
    public static uint[] GroupsOf(Socket socket)
    {
        if (OperatingSystem.IsLinux())
        {
            const int SolSocket = 1, SoPeerCred = 17, SoPeerGroups = 59, MostGroups = 65536;
            Span<byte> credential = stackalloc byte[12];
            socket.GetRawSocketOption(SolSocket, SoPeerCred, credential);
            uint primary = MemoryMarshal.Read<uint>(credential[8..]);
            byte[] groups = ArrayPool<byte>.Shared.Rent(MostGroups * sizeof(uint));
            try
            {
                int bytes = socket.GetRawSocketOption(SolSocket, SoPeerGroups, groups.AsSpan(0, MostGroups * sizeof(uint)));
                return [primary, .. MemoryMarshal.Cast<byte, uint>(groups.AsSpan(0, bytes))];
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(groups);
            }
        }

        if (OperatingSystem.IsMacOS())
        {
            const int SolLocal = 0, LocalPeerCred = 1, CountAt = 8, GroupsAt = 12, MostGroups = 16;
            Span<byte> answer = stackalloc byte[76];
            socket.GetRawSocketOption(SolLocal, LocalPeerCred, answer);
            int count = Math.Clamp(MemoryMarshal.Read<short>(answer[CountAt..]), (short)0, (short)MostGroups);
            return [.. MemoryMarshal.Cast<byte, uint>(answer.Slice(GroupsAt, count * sizeof(uint)))];
        }

        return [];
    }

    /// <summary>Whether it is the current user or root, who may do everything anyway.</summary>
    public static bool IsOwnOrRoot(PeerCredential peer) => peer.User == "0" || peer.User == Name(PosixFiles.EffectiveUser);

    private static PeerCredential Make(uint user, int? process) => new(Name(user), process);

    private static string Name(uint user) => user.ToString(CultureInfo.InvariantCulture);
}
