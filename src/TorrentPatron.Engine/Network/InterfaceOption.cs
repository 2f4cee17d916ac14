using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // An option of SocketNetwork's sockets.

/// <summary>The socket option of each operating system that binds a socket to a network interface.</summary>
internal static class InterfaceOption
{
    private const int LinuxSocketLevel = 1, LinuxBindToDevice = 25;
    private const int IPv4Level = 0, IPv6Level = 41;
    private const int MacBoundIPv4 = 25, MacBoundIPv6 = 125;
    private const int WindowsUnicast = 31;

    /// <summary>Binds a socket to an interface; does nothing on systems other than Linux, macOS and Windows.</summary>
    /// <exception cref="SocketException">The system refuses, or the interface does not exist.</exception>
    public static void Set(Socket socket, LocalInterface network)
    {
        bool isIPv4 = socket.AddressFamily == AddressFamily.InterNetwork;
        int index = isIPv4 ? network.IPv4Index : network.IPv6Index;
        int level = isIPv4 ? IPv4Level : IPv6Level;
        Span<byte> value = stackalloc byte[sizeof(int)];
        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(LinuxSocketLevel, LinuxBindToDevice, Encoding.UTF8.GetBytes(network.Name + '\0'));
        }
        else if (OperatingSystem.IsMacOS())
        {
            BitConverter.TryWriteBytes(value, index);
            socket.SetRawSocketOption(level, isIPv4 ? MacBoundIPv4 : MacBoundIPv6, value);
        }
        else if (OperatingSystem.IsWindows())
        {
            // For IPv4, and only there, the value is in network byte order.
            if (isIPv4)
                BinaryPrimitives.WriteInt32BigEndian(value, index);
            else
                BitConverter.TryWriteBytes(value, index);
            socket.SetRawSocketOption(level, WindowsUnicast, value);
        }
    }
}
