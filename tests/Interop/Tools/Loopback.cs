using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Interop.Tests.Tools;

/// <summary>The loopback addresses that the tests use; not every machine has the IPv6 one.</summary>
internal static class Loopback
{
    /// <summary>Skips the test if an address cannot be used.</summary>
    public static void Require(IPAddress address) => Assert.SkipUnless(Has(address), $"{address} cannot be used here");

    private static bool Has(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
