using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Stacks the policies of the settings on a network: each is an <see cref="INetwork"/> in front of another one.
/// </summary>
/// <remarks>
/// From the caller to the wire: first the policies that judge the true destination, then the proxy, which replaces it with the
/// proxy's address, then <see cref="SocketNetwork"/>, which binds. So an IP filter comes before the proxy and never sees the
/// proxy's own address.
/// </remarks>
public static class NetworkStack
{
    /// <summary>Creates the network for an engine or a service.</summary>
    /// <param name="inner">The network at the bottom: the system's, or a simulated one.</param>
    /// <param name="settings">Returns the current settings.</param>
    /// <param name="time">The clock.</param>
    public static INetwork Create(INetwork inner, Func<ClientSettings> settings, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(time);
        return new FilteredNetwork(new ProxyNetwork(inner, () => settings().Proxy, time), settings);
    }
}
