using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Asks the operating system for the addresses of hosts.</summary>
internal static class SystemHostResolver
{
    /// <summary>Makes a resolver.</summary>
    /// <param name="family">The only family of addresses that is wanted; <see cref="AddressFamily.Unspecified"/>: any.</param>
    public static HostResolver For(AddressFamily family) => async (host, cancellationToken) =>
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
            return family == AddressFamily.Unspecified || family == address.AddressFamily ? [address] : [];

        try
        {
            return await Dns.GetHostAddressesAsync(host, family, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // What cannot be a host name at all, such as one that is too long.
            throw new SocketException((int)SocketError.HostNotFound);
        }
    };
}
