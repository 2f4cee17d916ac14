using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // An option of a socket of SocketNetwork.

/// <summary>
/// Forbids fragmentation (DF) of a socket's datagrams, with the options of Linux, Windows and macOS for IPv4 and IPv6. On other
/// systems it does nothing.
/// </summary>
internal sealed class DontFragment
{
    private readonly (int Level, int Name)? _option;
    private readonly byte[] _banned;
    private readonly byte[] _usual;

    /// <summary>Reads the socket's default setting.</summary>
    public DontFragment(Socket socket)
    {
        bool isIPv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        // IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, IP_DONTFRAGMENT, IPV6_DONTFRAG, IP_DONTFRAG: the numbers have other meanings on
        // other systems.
        _option = OperatingSystem.IsLinux() ? (isIPv6 ? 41 : 0, isIPv6 ? 23 : 10)
            : OperatingSystem.IsWindows() ? (isIPv6 ? 41 : 0, 14)
            : OperatingSystem.IsMacOS() ? (isIPv6 ? 41 : 0, isIPv6 ? 62 : 28)
            : null;
        // IP_PMTUDISC_PROBE: sends unfragmented datagrams regardless of the known path MTU, which is what a probe is to find out.
        _banned = BitConverter.GetBytes(OperatingSystem.IsLinux() ? 3 : 1);
        _usual = new byte[sizeof(int)];
        if (_option is not { } option)
            return;
        try
        {
            socket.GetRawSocketOption(option.Level, option.Name, _usual);
        }
        catch (SocketException)
        {
            _option = null;
        }
    }

    /// <summary>Forbids or allows fragmentation.</summary>
    public void Set(Socket socket, bool isBanned)
    {
        if (_option is not { } option)
            return;
        try
        {
            socket.SetRawSocketOption(option.Level, option.Name, isBanned ? _banned : _usual);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The datagram is sent with the default setting.
        }
    }
}
