using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Binds all sockets to one network interface or address, and detects when that goes down or comes back: the kill switch.
/// Thread-safe.
/// </summary>
/// <param name="target">Returns the configured interface or address.</param>
/// <param name="interfaces">The machine's interfaces.</param>
/// <param name="time">The clock.</param>
internal sealed class NetworkBinding(Func<BindTarget> target, ILocalInterfaces interfaces, TimeProvider time) : IDisposable
{
    /// <summary>How long the last result is trusted.</summary>
    public static readonly TimeSpan LongestAge = TimeSpan.FromSeconds(2);

    private const int MostNamed = 10;

    private readonly Lock _gate = new();
    private volatile BoundAddresses? _latest;
    private Func<BindTarget> _target = target;
    private BindTarget? _found;
    private Instant _checked;
    private volatile TorrentError? _weakness;
    private bool _isWatching;
    private int _changes;
    private bool _isDisposed;

    /// <summary>Creates a binding with a fixed target.</summary>
    public NetworkBinding(BindTarget target, ILocalInterfaces interfaces, TimeProvider time)
        : this(() => target, interfaces, time)
    {
    }

    /// <summary>Raised after the bound addresses have changed, on any thread, without a lock.</summary>
    public event Action? Changed;

    /// <summary>The addresses to bind sockets to; checked again if the last check was too long ago.</summary>
    public BoundAddresses Current
    {
        get
        {
            BindTarget wanted = _target();
            lock (_gate)
            {
                if (_latest is { } latest && wanted == _found && (wanted.IsNone || Instant.Now(time) - _checked < LongestAge))
                    return latest;
            }

            return Check();
        }
    }

    /// <summary>Whether a binding is configured.</summary>
    public bool IsUsed => !_target().IsNone;

    /// <summary>How often the bound addresses have changed.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>The result of the last check; does not ask the system.</summary>
    public BoundAddresses Latest => _latest ?? Check();

    /// <summary>Why sockets are bound less strictly than they should be; null if they are, or none was opened yet.</summary>
    public TorrentError? Weakness => Latest is { IsBound: true, Down: null } ? _weakness : null;

    /// <summary>Changes the target.</summary>
    public void Bind(BindTarget other)
    {
        _target = () => other;
        _weakness = null;
        Check();
    }

    /// <summary>
    /// Subscribes to the system's change notifications, if a binding is configured. May be called more than once.
    /// </summary>
    public void Watch()
    {
        lock (_gate)
        {
            if (_isWatching || _isDisposed || _target().IsNone)
                return;
            _isWatching = true;
        }

        interfaces.Changed += CheckWhenTold;
    }

    /// <summary>Checks the interfaces now.</summary>
    public BoundAddresses Check()
    {
        BoundAddresses next;
        bool isChanged;
        lock (_gate)
        {
            BindTarget wanted = _target();
            next = Find(wanted, _latest);
            isChanged = _latest is { } before && !before.IsSame(next);
            (_latest, _found, _checked) = (next, wanted, Instant.Now(time));
            if (isChanged)
                Interlocked.Increment(ref _changes);
        }

        if (isChanged)
            Changed?.Invoke();
        return next;
    }

    /// <summary>Binds a socket to the interface. Call before binding it to an address.</summary>
    /// <exception cref="SocketException">The interface does not exist, or the system refuses.</exception>
    public void BindToInterface(Socket socket, BoundAddresses bound)
    {
        if (bound.Interface is not { } network)
            return;
        try
        {
            InterfaceOption.Set(socket, network);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AccessDenied or SocketError.ProtocolOption or SocketError.OperationNotSupported)
        {
            _weakness ??= new TorrentError(
                TorrentErrorId.InterfaceNotBound,
                $"The system does not allow binding sockets to the network interface '{DisplayText.Clean(network.Name)}': {e.Message.TrimEnd('.')}. "
                + $"Sockets are bound to its address {string.Join(" and ", bound.Addresses)} only, and the system chooses the interface by its routes.",
                "Use Linux 5.7 or newer, or give the process the capability CAP_NET_RAW; or set up routes so that this address is used only over this interface.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        bool wasWatching;
        lock (_gate)
        {
            _isDisposed = true;
            wasWatching = _isWatching;
            _isWatching = false;
        }

        if (wasWatching)
            interfaces.Changed -= CheckWhenTold;
    }

    private void CheckWhenTold()
    {
        try
        {
            Check();
        }
#pragma warning disable CA1031 // The root of a system event handler.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(null, "network interfaces", e);
        }
    }

    private BoundAddresses Find(BindTarget wanted, BoundAddresses? before)
    {
        if (wanted.IsNone)
            return BoundAddresses.Any;
        // Traffic bound to a loopback address cannot leave the machine.
        if (wanted is { Interface: null, Address: { } loopback } && IPAddress.IsLoopback(loopback))
            return Bound(null, loopback);
        if (interfaces.Find() is not { } all)
            return before is { IsBound: true } && wanted == _found ? before : Down("The system did not list its network interfaces.");
        if (wanted.Interface is not { } name)
        {
            LocalInterface[] holders = [.. all.Where(network => network.Addresses.Contains(wanted.Address))];
            return Array.Find(holders, network => network.IsUp) is { } holder ? Bound(holder, wanted.Address!)
                : holders is [{ } idle, ..] ? Down($"The network interface '{Clean(idle)}', which has the address {wanted.Address}, is down.")
                : Down($"No network interface has the address {wanted.Address}.");
        }

        if (FindByName(all, name) is not { } found)
        {
            string names = string.Join(", ", all.Take(MostNamed).Select(Clean));
            return Down($"There is no network interface '{DisplayText.Clean(name)}'{(names.Length == 0 ? "" : $"; there are {names}")}.");
        }

        if (!found.IsUp)
            return Down($"The network interface '{Clean(found)}' is down.");
        if (wanted.Address is { } address)
        {
            return found.Addresses.Contains(address)
                ? Bound(found, address)
                : Down($"The network interface '{Clean(found)}' does not have the address {address}.");
        }

        IPAddress? ipv4 = Choose(found, AddressFamily.InterNetwork, before?.IPv4), ipv6 = Choose(found, AddressFamily.InterNetworkV6, before?.IPv6);
        return ipv4 is null && ipv6 is null
            ? Down($"The network interface '{Clean(found)}' has no address.")
            : new BoundAddresses { IsBound = true, Interface = found, IPv4 = ipv4, IPv6 = ipv6 };
    }

    private static LocalInterface? FindByName(IReadOnlyList<LocalInterface> all, string name)
    {
        StringComparison comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        return all.FirstOrDefault(network => string.Equals(network.Name, name, comparison))
            ?? all.FirstOrDefault(network => string.Equals(network.Description, name, comparison));
    }

    /// <summary>Chooses the address of an IP version: the one already in use, if it still exists.</summary>
    private static IPAddress? Choose(LocalInterface network, AddressFamily family, IPAddress? inUse)
    {
        // Link-local IPv6 addresses reach only their link, and need a scope.
        IPAddress[] all = [.. network.Addresses.Where(address => address.AddressFamily == family && !address.IsIPv6LinkLocal)];
        return inUse is not null && Array.IndexOf(all, inUse) >= 0 ? inUse : all.FirstOrDefault(address => !IsAutomatic(address)) ?? all.FirstOrDefault();
    }

    /// <summary>Whether it is a self-assigned IPv4 address (RFC 3927).</summary>
    private static bool IsAutomatic(IPAddress address) => address.GetAddressBytes() is [169, 254, ..] and { Length: 4 };

    private static BoundAddresses Bound(LocalInterface? network, IPAddress address) => new()
    {
        IsBound = true,
        Interface = network,
        IPv4 = address.AddressFamily == AddressFamily.InterNetwork ? address : null,
        IPv6 = address.AddressFamily == AddressFamily.InterNetworkV6 ? address : null,
    };

    private static BoundAddresses Down(string message) => new()
    {
        IsBound = true,
        Down = new TorrentError(
            TorrentErrorId.NetworkDown, message,
            "Bring it up, or bind to another one. Until then nothing is sent any other way; torrents continue by themselves when it is back."),
    };

    private static string Clean(LocalInterface network) => DisplayText.Clean(network.Name);
}
