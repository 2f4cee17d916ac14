using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// Keeps all sockets to one network interface or address, and knows when that goes or comes back: the kill switch. Thread-safe.
/// </summary>
/// <param name="target">What is bound to.</param>
/// <param name="interfaces">The machine's interfaces.</param>
/// <param name="time">The clock.</param>
internal sealed class NetworkBinding(Func<BindTarget> target, ILocalInterfaces interfaces, TimeProvider time) : IDisposable
{
    /// <summary>The longest time for which what was found is believed.</summary>
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

    /// <summary>Makes a binding to what never changes.</summary>
    public NetworkBinding(BindTarget target, ILocalInterfaces interfaces, TimeProvider time)
        : this(() => target, interfaces, time)
    {
    }

    /// <summary>Raised after what is bound to has changed, on any thread, without a lock.</summary>
    public event Action? Changed;

    /// <summary>What sockets are to be bound to, as it was found last; looked at anew where that was long ago.</summary>
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

    /// <summary>Whether anything is bound to.</summary>
    public bool IsUsed => !_target().IsNone;

    /// <summary>How often what is bound to has changed.</summary>
    public int Changes => Volatile.Read(ref _changes);

    /// <summary>What was found last; the system is not asked.</summary>
    public BoundAddresses Latest => _latest ?? Check();

    /// <summary>Why sockets are less strictly bound than they should be; null: they are, or none was opened yet.</summary>
    public TorrentError? Weakness => Latest is { IsBound: true, Down: null } ? _weakness : null;

    /// <summary>Binds to something else from now on.</summary>
    public void Bind(BindTarget other)
    {
        _target = () => other;
        _weakness = null;
        Check();
    }

    /// <summary>Asks the system to tell of changes at once, where anything is bound to. May be called more than once.</summary>
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

    /// <summary>Looks at the interfaces now.</summary>
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

    /// <summary>Binds a socket to the interface. Before it is bound to an address.</summary>
    /// <exception cref="SocketException">The interface is not there, or cannot be bound to.</exception>
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
#pragma warning disable CA1031 // The root of an event of the system's.
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
        // The system lets nothing that is bound to a loopback address leave the machine.
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

    /// <summary>The address of an IP version that is used: the one that is in use, where it is still there.</summary>
    private static IPAddress? Choose(LocalInterface network, AddressFamily family, IPAddress? inUse)
    {
        // Link-local IPv6 addresses reach nobody beyond the link, and need to be told the link.
        IPAddress[] all = [.. network.Addresses.Where(address => address.AddressFamily == family && !address.IsIPv6LinkLocal)];
        return inUse is not null && Array.IndexOf(all, inUse) >= 0 ? inUse : all.FirstOrDefault(address => !IsAutomatic(address)) ?? all.FirstOrDefault();
    }

    /// <summary>Whether it is an IPv4 address that a machine gives itself where nobody gives it one (RFC 3927).</summary>
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
