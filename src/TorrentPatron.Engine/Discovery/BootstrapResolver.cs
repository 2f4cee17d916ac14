using System.Globalization;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Trackers;

namespace TorrentPatron.Engine.Discovery;

/// <summary>Finds the addresses of the nodes to begin with.</summary>
internal sealed class BootstrapResolver
{
    /// <summary>Addresses of one name that are used.</summary>
    private const int MostAddresses = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HostResolver _resolve;
    private readonly TimeProvider _time;
    private readonly List<IPEndPoint> _known = [];
    private readonly List<(string Host, int Port)> _names = [];

    /// <summary>Takes the nodes; what is no host and port is passed over.</summary>
    /// <param name="nodes">Each as <c>host:port</c> or <c>[address]:port</c>.</param>
    /// <param name="resolve">Looks up names.</param>
    /// <param name="time">The clock.</param>
    public BootstrapResolver(IEnumerable<string> nodes, HostResolver resolve, TimeProvider time)
    {
        _resolve = resolve;
        _time = time;
        foreach (string node in nodes)
        {
            int colon = node.LastIndexOf(':');
            if (colon < 1 || !int.TryParse(node.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port)
                || port is < 1 or > IPEndPoint.MaxPort)
                continue;
            if (IPAddress.TryParse(node.AsSpan(0, colon), out IPAddress? address))
                _known.Add(new IPEndPoint(address, port));
            else
                _names.Add((node[..colon], port));
        }
    }

    /// <summary>Those that are given by address.</summary>
    public IEnumerable<IPEndPoint> Known(AddressFamily family) => _known.Where(endPoint => endPoint.AddressFamily == family);

    /// <summary>Those that are given by name. A name that is not found is passed over.</summary>
    public async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(AddressFamily family)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        IPEndPoint[][] found = await Task.WhenAll(_names.Select(name => ResolveAsync(name.Host, name.Port, patience.Token))).ConfigureAwait(false);
        return [.. found.SelectMany(endPoints => endPoints.Where(endPoint => endPoint.AddressFamily == family).Take(MostAddresses))];
    }

    private async Task<IPEndPoint[]> ResolveAsync(string host, int port, CancellationToken cancellationToken)
    {
        try
        {
            return [.. (await _resolve(host, cancellationToken).ConfigureAwait(false)).Select(address => new IPEndPoint(address, port))];
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ArgumentException)
        {
            return [];
        }
    }
}
