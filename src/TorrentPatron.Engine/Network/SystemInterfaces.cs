using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

#pragma warning disable RS0030 // The place that queries the system.

/// <summary>The network interfaces of the operating system.</summary>
internal sealed class SystemInterfaces : ILocalInterfaces
{
    private readonly Lock _gate = new();
    private Action? _changed;

    private SystemInterfaces()
    {
    }

    /// <summary>The process's instance.</summary>
    public static SystemInterfaces Instance { get; } = new();

    /// <inheritdoc/>
    public event Action? Changed
    {
        // Subscribed to the system only while there are listeners, because that takes a thread.
        add
        {
            lock (_gate)
            {
                bool isFirst = _changed is null;
                _changed += value;
                if (!isFirst)
                    return;
                NetworkChange.NetworkAddressChanged += AddressChanged;
                NetworkChange.NetworkAvailabilityChanged += AvailabilityChanged;
            }
        }

        remove
        {
            lock (_gate)
            {
                _changed -= value;
                if (_changed is not null)
                    return;
                NetworkChange.NetworkAddressChanged -= AddressChanged;
                NetworkChange.NetworkAvailabilityChanged -= AvailabilityChanged;
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<LocalInterface>? Find()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces().Select(Read)];
        }
        catch (Exception e) when (e is NetworkInformationException or IOException or UnauthorizedAccessException)
        {
            // For example, an interface disappeared during the query.
            return null;
        }
    }

    private static LocalInterface Read(NetworkInterface network)
    {
        IPInterfaceProperties properties = network.GetIPProperties();
        return new LocalInterface(
            network.Name, network.Description, IndexOf(() => properties.GetIPv4Properties()?.Index), IndexOf(() => properties.GetIPv6Properties()?.Index),
            // Linux reports tunnels as "unknown".
            network.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown,
            [.. properties.UnicastAddresses.Select(unicast => unicast.Address)
                .Where(address => address.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)]);
    }

    private static int IndexOf(Func<int?> index)
    {
        try
        {
            return index() ?? 0;
        }
        catch (NetworkInformationException)
        {
            // It does not support this IP version.
            return 0;
        }
    }

    private void AddressChanged(object? sender, EventArgs e) => _changed?.Invoke();

    private void AvailabilityChanged(object? sender, NetworkAvailabilityEventArgs e) => _changed?.Invoke();
}
