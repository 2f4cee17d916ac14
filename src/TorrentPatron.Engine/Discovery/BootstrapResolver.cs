using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Discovery;

/// <summary>The DHT nodes to begin with: those of the settings, and those that torrents name. Finds their addresses. Thread-safe.</summary>
internal sealed class BootstrapResolver
{
    /// <summary>Nodes that torrents have named; those named last are kept.</summary>
    private const int MostNamed = 100;

    /// <summary>Names looked up at once.</summary>
    private const int MostNames = 10;

    /// <summary>Addresses of one name that are used.</summary>
    private const int MostAddresses = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HostResolver _resolve;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly HostEndPoint[] _ours;
    private readonly List<HostEndPoint> _named = [];

    /// <summary>Takes the nodes; what is not a host and a port is left out.</summary>
    /// <param name="nodes">The nodes of the settings, each as <c>host:port</c> or <c>[address]:port</c>.</param>
    /// <param name="resolve">Looks up names.</param>
    /// <param name="time">The clock.</param>
    public BootstrapResolver(IEnumerable<string> nodes, HostResolver resolve, TimeProvider time)
    {
        _resolve = resolve;
        _time = time;
        _ours = [.. nodes.Select(node => HostEndPoint.TryParse(node, out HostEndPoint? known) ? known : null).OfType<HostEndPoint>()];
    }

    /// <summary>Takes nodes that a torrent names.</summary>
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

    /// <summary>Those that are given by address.</summary>
    public IEnumerable<IPEndPoint> Known(AddressFamily family) => Known([.. _ours, .. Named()], family);

    /// <summary>Those among some nodes that are given by address.</summary>
    public static IEnumerable<IPEndPoint> Known(IEnumerable<HostEndPoint> nodes, AddressFamily family) =>
        nodes.Select(node => node.EndPoint).OfType<IPEndPoint>().Where(endPoint => endPoint.AddressFamily == family);

    /// <summary>Those that are given by name. A name that is not found is passed over.</summary>
    /// <returns>The addresses, and whether each is of a service that only introduces nodes to each other, as those of the settings are.</returns>
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
            // A name in a torrent may be bait: it leads to the internet only.
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
