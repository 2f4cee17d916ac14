using TorrentPatron.Engine.Client;

namespace TorrentPatron.Engine.Network;

/// <summary>Puts the policies of the settings over a network: each is an <see cref="INetwork"/> that stands before another one.</summary>
/// <remarks>
/// From the caller to the wire: first what judges the true destination, then the proxy, which makes of it a connection to the proxy, then
/// <see cref="SocketNetwork"/>, which binds. So a filter of addresses stands before the proxy and never sees the proxy's own address.
/// </remarks>
public static class NetworkStack
{
    /// <summary>Makes the network that an engine or a service goes by.</summary>
    /// <param name="inner">What carries everything in the end: the system's network, or a simulated one.</param>
    /// <param name="settings">Gives the settings, which may change.</param>
    /// <param name="time">The clock.</param>
    public static INetwork Create(INetwork inner, Func<ClientSettings> settings, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(time);
        return new FilteredNetwork(new ProxyNetwork(inner, () => settings().Proxy, time), settings);
    }
}
