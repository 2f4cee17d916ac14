using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>Resolves the DHT bootstrap nodes, from the settings and from torrents. Thread-safe.</summary>
internal sealed class BootstrapResolver
{
    /// <summary>The most nodes kept from torrents; the latest are kept.</summary>
    private const int MostNamed = 100;

    /// <summary>The most names resolved at once.</summary>
    private const int MostNames = 10;

    /// <summary>The most addresses used per name.</summary>
    private const int MostAddresses = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HostResolver _resolve;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly HostEndPoint[] _ours;
    private readonly List<HostEndPoint> _named = [];

    /// <summary>Creates a resolver. Entries that are not a host and port are ignored.</summary>
    /// <param name="nodes">The nodes from the settings, each as <c>host:port</c> or <c>[address]:port</c>.</param>
    /// <param name="resolve">Resolves names.</param>
    /// <param name="time">The clock.</param>
    public BootstrapResolver(IEnumerable<string> nodes, HostResolver resolve, TimeProvider time)
    {
        _resolve = resolve;
        _time = time;
        _ours = [.. nodes.Select(node => HostEndPoint.TryParse(node, out HostEndPoint? known) ? known : null).OfType<HostEndPoint>()];
    }

    /// <summary>Adds nodes that a torrent names.</summary>
    public void Add(IEnumerable<HostEndPoint> nodes)
    {
        lock (_gate)
        {
            foreach (HostEndPoint node in nodes.Except(_ours))
            {
                _named.Remove(node);
                _named.Add(node);
            }

            _named.RemoveRange(0, Math.Max(0, _named.Count - MostNamed));
        }
    }

    /// <summary>The nodes given by address.</summary>
    public IEnumerable<IPEndPoint> Known(AddressFamily family) => Known([.. _ours, .. Named()], family);

    /// <summary>Selects the nodes given by address.</summary>
    public static IEnumerable<IPEndPoint> Known(IEnumerable<HostEndPoint> nodes, AddressFamily family) =>
        nodes.Select(node => node.EndPoint).OfType<IPEndPoint>().Where(endPoint => endPoint.AddressFamily == family);

    /// <summary>Resolves the nodes given by name. Names that cannot be resolved are skipped.</summary>
    /// <returns>
    /// The addresses, and whether each is a router: a service that only introduces nodes to each other, as those in the settings
    /// are.
    /// </returns>
    public async Task<IReadOnlyList<(IPEndPoint EndPoint, bool IsRouter)>> ResolveAsync(AddressFamily family)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        (HostEndPoint Node, bool IsRouter)[] names =
        [
            .. _ours.Where(IsName).Select(node => (node, true)), .. Named().Where(IsName).TakeLast(MostNames).Select(node => (node, false)),
        ];
        IPAddress[][] found = await Task.WhenAll(names.Select(name => ResolveAsync(name.Node, name.IsRouter, family, patience.Token)))
            .ConfigureAwait(false);
        return
        [
            .. names.Zip(found).SelectMany(pair =>
                pair.Second.Select(address => (new IPEndPoint(address, pair.First.Node.Port), pair.First.IsRouter))),
        ];
    }

    private static bool IsName(HostEndPoint node) => node.EndPoint is null;

    private HostEndPoint[] Named()
    {
        lock (_gate)
            return [.. _named];
    }

    private async Task<IPAddress[]> ResolveAsync(HostEndPoint node, bool mayBeNear, AddressFamily family, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await _resolve(node.Host, cancellationToken).ConfigureAwait(false);
            // A torrent may name a host to attack the local network, so its names may resolve to internet addresses only.
            return
            [
                .. addresses.Where(address => address.AddressFamily == family && (mayBeNear || AddressReaches.Of(address) == AddressReach.Global))
                    .Take(MostAddresses),
            ];
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            return [];
        }
    }
}
