using System.Buffers.Binary;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // An option of SocketNetwork's sockets.

/// <summary>
/// Marks a socket's packets with a differentiated services code point (RFC 2474), which lets routers prefer other traffic.
/// Windows marks packets only if its policies say so.
/// </summary>
internal static class TrafficClass
{
    private const int IPv6Level = 41, LinuxTrafficClass = 67, MacTrafficClass = 36;

    /// <summary>Marks a socket; if the system refuses, it stays unmarked.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="codePoint">The code point, 0 to 63; 0 means no mark.</param>
    public static void Set(Socket socket, int codePoint)
    {
        if (codePoint == 0)
            return;
        try
        {
            if (socket.AddressFamily == AddressFamily.InterNetwork)
            {
                socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.TypeOfService, codePoint << 2);
            }
            else if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
            {
                Span<byte> value = stackalloc byte[sizeof(int)];
                BinaryPrimitives.WriteInt32LittleEndian(value, codePoint << 2);
                socket.SetRawSocketOption(IPv6Level, OperatingSystem.IsMacOS() ? MacTrafficClass : LinuxTrafficClass, value);
            }
        }
        catch (SocketException)
        {
            // It is only a hint to routers.
        }
    }

    /// <summary>The code point of a socket's packets.</summary>
    /// <param name="socket">The socket, on Linux or macOS.</param>
    public static int Of(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetwork)
            return (int)socket.GetSocketOption(SocketOptionLevel.IP, SocketOptionName.TypeOfService)! >> 2;
        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(IPv6Level, OperatingSystem.IsMacOS() ? MacTrafficClass : LinuxTrafficClass, value);
        return BinaryPrimitives.ReadInt32LittleEndian(value) >> 2;
    }
}
