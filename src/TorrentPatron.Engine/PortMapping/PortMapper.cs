using System.Collections.ObjectModel;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.PortMapping;

namespace TorrentPatron.Engine.PortMapping;

/// <summary>
/// Makes our ports reachable through this machine's routers: over IPv4 with a mapping (PCP, else NAT-PMP, else UPnP); over IPv6,
/// which has no translation, with a firewall pinhole for each of our addresses (PCP, else UPnP). Mappings are renewed at half
/// their lifetime, made again when the router has lost them, when there is a different router or when a port has changed, and
/// removed when this is disposed. Thread-safe.
/// </summary>
internal sealed class PortMapper : IAsyncDisposable
{
    /// <summary>The most routers used over IPv4: those of the first interfaces.</summary>
    private const int MostGateways = 2;

    /// <summary>
    /// The most routers used over IPv6, one entry for each of our addresses: a machine has several, which change.
    /// </summary>
    private const int MostGateways6 = 4;

    private static readonly IPAddress _allHosts = IPAddress.Parse("224.0.0.1");
    private static readonly IPAddress _allHosts6 = IPAddress.Parse("ff02::1");

    /// <summary>How often to check whether the network has changed.</summary>
    private static readonly TimeSpan _look = TimeSpan.FromMinutes(1);

    /// <summary>The longest time until a mapping is requested again: so a lost one is noticed at the latest.</summary>
    private static readonly TimeSpan _longestRest = TimeSpan.FromMinutes(20);

    /// <summary>The least time between two rounds of queries triggered by a router's restart notice.</summary>
    private static readonly TimeSpan _restartRest = TimeSpan.FromSeconds(5);

    /// <summary>The wait after each consecutive failure.</summary>
    private static readonly TimeSpan[] _failureRests = [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30)];

    /// <summary>The time limit for removing mappings at the end.</summary>
    private static readonly TimeSpan _endTimeout = TimeSpan.FromSeconds(3);

    private readonly INetwork _network;
    private readonly Func<IReadOnlyList<MappablePort>> _wanted;
    private readonly TimeProvider _time;
    private readonly Action _onChanged;
    private readonly Action<Exception> _onFault;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Task _running;
    private readonly List<Gateway> _gateways = [];
    private TaskCompletionSource _woken = NewSignal();
    private bool _isRefreshed;
    private volatile ReadOnlyCollection<PortMappingSnapshot> _mappings = [];
    private volatile string? _problem;
    private int _isDisposed;

    /// <summary>Starts the mapper.</summary>
    /// <param name="network">The network.</param>
    /// <param name="wanted">Returns the ports to map now; if empty, no router is contacted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onChanged">Called when a mapping is new, changed or gone.</param>
    /// <param name="onFault">Handles unexpected exceptions.</param>
    public PortMapper(INetwork network, Func<IReadOnlyList<MappablePort>> wanted, TimeProvider time, Action onChanged, Action<Exception> onFault)
    {
        (_network, _wanted, _time, _onChanged, _onFault) = (network, wanted, time, onChanged, onFault);
        _running = Task.Run(RunAsync);
    }

    /// <summary>The mappings.</summary>
    public ReadOnlyCollection<PortMappingSnapshot> Mappings => _mappings;

    /// <summary>Why no port is mapped, as a sentence; null if one is, none is wanted, or it is not known yet.</summary>
    public string? Problem => _problem;

    /// <summary>The external IPv4 port of a local port; 0 if it is not mapped. Over IPv6 the port is the same.</summary>
    public ushort ExternalPort(ProtocolType protocol, ushort internalPort)
    {
        foreach (PortMappingSnapshot mapping in _mappings)
        {
            if (mapping.Protocol == protocol && mapping.InternalPort == internalPort && mapping.Gateway.AddressFamily == AddressFamily.InterNetwork)
                return (ushort)mapping.ExternalPort;
        }

        return 0;
    }

    /// <summary>Checks again what to map, because a port or a setting has changed.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            _isRefreshed = true;
            _woken.TrySetResult();
        }
    }

    /// <summary>Removes all mappings, as far as the routers answer within three seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            await _running.ConfigureAwait(false);
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        using var timeout = new CancellationTokenSource(_endTimeout, _time);
        await Task.WhenAll(_gateways.Select(gateway => CloseAsync(gateway, timeout.Token))).ConfigureAwait(false);
        _stop.Dispose();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            bool isRefreshed;
            lock (_gate)
            {
                (isRefreshed, _isRefreshed) = (_isRefreshed, false);
                _woken = NewSignal();
            }

            TimeSpan rest = _look;
            try
            {
                rest = await LookAsync(isRefreshed, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The root of a loop: any exception affects one pass only.
            catch (Exception e)
#pragma warning restore CA1031
            {
                if (e is not IOException)
                    _onFault(e);
            }

            Task woken;
            lock (_gate)
                woken = _woken.Task;
            using var rested = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            await Task.WhenAny(woken, Task.Delay(rest, _time, rested.Token)).ConfigureAwait(false);
            await rested.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Does the work that is due.</summary>
    /// <returns>Time until more work is due.</returns>
    private async Task<TimeSpan> LookAsync(bool isRefreshed, CancellationToken cancellationToken)
    {
        IReadOnlyList<MappablePort> wanted = _wanted();
        IReadOnlyList<NetworkGateway> routers = wanted.Count == 0 ? [] : Routers(wanted);
        foreach (Gateway gone in _gateways.Where(gateway => !routers.Contains(gateway.Router)).ToArray())
        {
            _gateways.Remove(gone);
            using var timeout = new CancellationTokenSource(_endTimeout, _time);
            await CloseAsync(gone, timeout.Token).ConfigureAwait(false);
        }

        foreach (NetworkGateway router in routers.Where(router => !_gateways.Exists(gateway => gateway.Router == router)))
            _gateways.Add(new Gateway(router));
        if (isRefreshed)
        {
            foreach (Gateway gateway in _gateways)
                (gateway.Failures, gateway.NextTry) = (0, default);
        }

        if (wanted.Count == 0 || _gateways.Count == 0)
            _problem = null;
        foreach (Gateway gateway in _gateways)
            await LookAsync(gateway, wanted, cancellationToken).ConfigureAwait(false);
        Publish();
        TimeSpan now = Now;
        TimeSpan next = _gateways.SelectMany(gateway => gateway.Mappings.Select(held => held.RenewAt).Append(gateway.NextTry)).Where(at => at > now)
            .Select(at => at - now).DefaultIfEmpty(_look).Min();
        // If nothing is wanted, Refresh reports when something is.
        return wanted.Count == 0 ? Timeout.InfiniteTimeSpan : next < _look ? next : _look;
    }

    private List<NetworkGateway> Routers(IReadOnlyList<MappablePort> wanted)
    {
        ReadOnlyCollection<NetworkGateway> all = _network.Gateways;
        return [.. Of(AddressFamily.InterNetwork, MostGateways), .. Of(AddressFamily.InterNetworkV6, MostGateways6)];

        IEnumerable<NetworkGateway> Of(AddressFamily family, int most) => wanted.Any(port => port.Family == family)
            ? all.Where(router => router.Address.AddressFamily == family).Distinct().Take(most)
            : [];
    }

    private async Task LookAsync(Gateway gateway, IReadOnlyList<MappablePort> all, CancellationToken cancellationToken)
    {
        MappablePort[] wanted = [.. all.Where(port => port.Family == gateway.Family)];
        foreach (ActiveMapping held in gateway.Mappings.Where(held => !wanted.Contains(held.Mapping.Port)).ToArray())
        {
            gateway.Mappings.Remove(held);
            await UnmapAsync(held, cancellationToken).ConfigureAwait(false);
        }

        foreach (ActiveMapping held in gateway.Mappings.Where(held => held.RenewAt <= Now).ToArray())
            await RenewAsync(gateway, held, cancellationToken).ConfigureAwait(false);
        if (gateway.IsRestarted)
        {
            gateway.IsRestarted = false;
            foreach (ActiveMapping held in gateway.Mappings.ToArray())
                await RenewAsync(gateway, held, cancellationToken).ConfigureAwait(false);
        }

        MappablePort[] missing = [.. wanted.Where(port => !gateway.Mappings.Exists(held => held.Mapping.Port == port))];
        if (missing.Length == 0 || gateway.NextTry > Now)
            return;
        string? problem = await MapAsync(gateway, missing, cancellationToken).ConfigureAwait(false);
        if (problem is null)
        {
            (gateway.Failures, gateway.NextTry) = (0, default);
        }
        else
        {
            gateway.NextTry = Now + _failureRests[Math.Min(gateway.Failures, _failureRests.Length - 1)];
            gateway.Failures++;
        }

        // Over IPv6 many machines are reachable without a mapping, and few routers support it: report this only if there is
        // nothing else to report.
        if (gateway.Family == AddressFamily.InterNetwork || !_gateways.Exists(any => any.Family == AddressFamily.InterNetwork))
            _problem = _gateways.Exists(any => any.Family == gateway.Family && any.Mappings.Count > 0) ? null : problem;
    }

    /// <summary>Tries each protocol in turn until all ports are mapped.</summary>
    /// <returns>Why some are not mapped; null if all are.</returns>
    private async Task<string?> MapAsync(Gateway gateway, MappablePort[] ports, CancellationToken cancellationToken)
    {
        string? problem = null;
        var requests = new GatewayRequests(_network, gateway.Router, _time);
        Func<Task<IRouter>>[] means = gateway.Family == AddressFamily.InterNetworkV6
            ?
            [
                () => Task.FromResult<IRouter>(new PcpRouter(requests)),
                async () => await UpnpFirewall.FindAsync(_network, gateway.Router, _time, cancellationToken).ConfigureAwait(false),
            ]
            :
            [
                () => Task.FromResult<IRouter>(new PcpRouter(requests)),
                () => Task.FromResult<IRouter>(new NatPmpRouter(requests)),
                async () => await UpnpRouter.FindAsync(_network, gateway.Router, _time, cancellationToken).ConfigureAwait(false),
            ];
        List<MappablePort> missing = [.. ports];
        foreach (Func<Task<IRouter>> mean in means)
        {
            try
            {
                IRouter router = await mean().ConfigureAwait(false);
                int before = missing.Count;
                foreach (MappablePort port in missing.ToArray())
                {
                    try
                    {
                        RouterMapping mapping = await router.MapAsync(port, null, cancellationToken).ConfigureAwait(false);
                        missing.Remove(port);
                        Hold(gateway, router, mapping);
                        // Existing mappings can already be shown and used.
                        Publish();
                    }
                    catch (PortMappingException e) when (!e.IsAbsent)
                    {
                        problem = e.Message;
                    }
                }

                if (missing.Count == before)
                    router.Dispose();
            }
            catch (Exception e) when (e is PortMappingException or IOException)
            {
                problem ??= e is not PortMappingException ? e.Message
                    : gateway.Family == AddressFamily.InterNetworkV6 ? "The router answers neither PCP nor UPnP over IPv6."
                    : "The router does not answer PCP, NAT-PMP or UPnP.";
            }

            if (missing.Count == 0)
                return null;
        }

        return problem;
    }

    private async Task RenewAsync(Gateway gateway, ActiveMapping held, CancellationToken cancellationToken)
    {
        if (!gateway.Mappings.Remove(held))
            return;
        try
        {
            Hold(gateway, held.Router, await held.Router.MapAsync(held.Mapping.Port, held.Mapping, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is PortMappingException or IOException)
        {
            // Requested again, over any protocol, at once.
            gateway.NextTry = default;
        }
        catch (OperationCanceledException)
        {
            // It must be removed.
            gateway.Mappings.Add(held);
            throw;
        }
    }

    private void Hold(Gateway gateway, IRouter router, RouterMapping mapping)
    {
        TimeSpan now = Now;
        TimeSpan rest = mapping.Lifetime is { } lifetime && lifetime / 2 < _longestRest ? lifetime / 2 : _longestRest;
        gateway.Mappings.Add(new ActiveMapping(router, mapping, now + rest, mapping.Lifetime is { } ends ? WallTime.Now(_time) + ends : null));
        if (mapping.Epoch is not { } seconds)
            return;
        var epoch = new RouterEpoch(seconds, now);
        if (gateway.Epoch is { } before && !before.LeadsTo(epoch))
            gateway.IsRestarted = true;
        gateway.Epoch = epoch;
        gateway.Listening ??= ListenAsync(gateway, gateway.Stop.Token);
        if (gateway.IsRestarted)
            Refresh();
    }

    /// <summary>Listens for the router's multicast notice that it has lost its mappings.</summary>
    private async Task ListenAsync(Gateway gateway, CancellationToken stop)
    {
        await Task.Yield();
        try
        {
            using IDatagramSocket socket = _network.JoinGroup(
                new IPEndPoint(
                    gateway.Family == AddressFamily.InterNetworkV6 ? new IPAddress(_allHosts6.GetAddressBytes(), gateway.Router.Address.ScopeId) : _allHosts,
                    PcpCodec.ClientPort),
                gateway.Router.Local);
            var batch = new DatagramBatch(4, PcpCodec.LongestDatagram);
            while (!stop.IsCancellationRequested)
            {
                await socket.ReceiveAsync(batch, stop).ConfigureAwait(false);
                for (int i = 0; i < batch.Count; i++)
                {
                    if (batch.Remote(i).Address.Equals(gateway.Router.Address)
                        && (PcpCodec.ReadAnnounce(batch[i].Span) ?? (NatPmpCodec.Read(batch[i].Span) as NatPmpAddress)?.Epoch) is { } seconds
                        && gateway.Epoch is { } before && !before.LeadsTo(new RouterEpoch(seconds, Now)))
                    {
                        gateway.IsRestarted = true;
                        Refresh();
                    }
                }

                // An attacker who forges such datagrams only makes us contact the router now and then.
                await Task.Delay(_restartRest, _time, stop).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Another program has the port, or this is ending: lost mappings are noticed at the next renewal.
        }
#pragma warning disable CA1031 // The root of a loop: lost mappings are noticed at the next renewal.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _onFault(e);
        }
    }

    private async Task CloseAsync(Gateway gateway, CancellationToken cancellationToken)
    {
        await gateway.Stop.CancelAsync().ConfigureAwait(false);
        foreach (ActiveMapping held in gateway.Mappings)
            await UnmapAsync(held, cancellationToken).ConfigureAwait(false);
        foreach (IRouter router in gateway.Mappings.Select(held => held.Router).Distinct())
            router.Dispose();
        gateway.Mappings.Clear();
        if (gateway.Listening is not null)
            await gateway.Listening.ConfigureAwait(false);
        gateway.Stop.Dispose();
    }

    private async Task UnmapAsync(ActiveMapping held, CancellationToken cancellationToken)
    {
        try
        {
            await held.Router.UnmapAsync(held.Mapping, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PortMappingException or IOException or OperationCanceledException)
        {
            // It expires by itself, except on some UPnP routers.
        }
#pragma warning disable CA1031 // Any exception affects one mapping only.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _onFault(e);
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(0);

    private void Publish()
    {
        lock (_gate)
        {
            PortMappingSnapshot[] mappings =
            [
                .. _gateways.SelectMany(gateway => gateway.Mappings.ToArray().Select(held => new PortMappingSnapshot
                {
                    Protocol = held.Mapping.Port.Protocol,
                    InternalPort = held.Mapping.Port.Number,
                    ExternalPort = held.Mapping.ExternalPort,
                    ExternalAddress = held.Mapping.ExternalAddress,
                    Gateway = gateway.Router.Address,
                    Means = held.Router.Means,
                    ExpiresAt = held.ExpiresAt,
                })).OrderBy(mapping => mapping.Gateway.AddressFamily).ThenBy(mapping => mapping.Protocol),
            ];
            bool isChanged = !mappings.Select(mapping => mapping with { ExpiresAt = null }).SequenceEqual(_mappings.Select(mapping => mapping with { ExpiresAt = null }));
            _mappings = Array.AsReadOnly(mappings);
            if (!isChanged)
                return;
        }

        _onChanged();
    }

    /// <summary>A mapping, the router protocol that renews it, and when.</summary>
    private sealed record ActiveMapping(IRouter Router, RouterMapping Mapping, TimeSpan RenewAt, DateTimeOffset? ExpiresAt);

    /// <summary>A router and its mappings.</summary>
    private sealed class Gateway(NetworkGateway router)
    {
        private bool _isRestarted;

        public NetworkGateway Router => router;

        public AddressFamily Family => router.Address.AddressFamily;

        public List<ActiveMapping> Mappings { get; } = [];

        public CancellationTokenSource Stop { get; } = new();

        public Task? Listening { get; set; }

        public RouterEpoch? Epoch { get; set; }

        /// <summary>Whether it has lost its mappings; set by the loop and by the listener.</summary>
        public bool IsRestarted
        {
            get => Volatile.Read(ref _isRestarted);
            set => Volatile.Write(ref _isRestarted, value);
        }

        public int Failures { get; set; }

        public TimeSpan NextTry { get; set; }
    }
}
