using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// The TCP ports that peers can reach us at, one for each IP version that we listen on; the same number if possible. Each
/// recipient is told the port of the IP version that it will use. Immutable.
/// </summary>
internal sealed class ListenPorts
{
    /// <summary>
    /// The port announced to a tracker while we do not listen: many trackers refuse port 0, and this one leads nobody to another
    /// program.
    /// </summary>
    private const ushort NoPort = 1;

    private readonly IPEndPoint[] _endPoints;

    /// <summary>Creates the ports from the listening addresses.</summary>
    public ListenPorts(IEnumerable<IPEndPoint> endPoints)
    {
        var ofEach = new List<IPEndPoint>();
        foreach (IPEndPoint endPoint in endPoints)
        {
            if (!ofEach.Exists(other => other.AddressFamily == endPoint.AddressFamily))
                ofEach.Add(endPoint);
        }

        _endPoints = [.. ofEach];
        Families = Array.ConvertAll(_endPoints, endPoint => endPoint.AddressFamily);
    }

    /// <summary>Not listening.</summary>
    public static ListenPorts None { get; } = new([]);

    /// <summary>The IP versions that we listen on.</summary>
    public IReadOnlyList<AddressFamily> Families { get; }

    /// <summary>The port of an IP version; 0 if we do not listen there.</summary>
    public ushort Of(AddressFamily family) => Array.Find(_endPoints, endPoint => endPoint.AddressFamily == family) is { } found ? (ushort)found.Port : (ushort)0;

    /// <summary>The port to announce to a tracker over an IP version; never 0.</summary>
    public ushort ForTracker(AddressFamily family) => Of(family) is > 0 and ushort port ? port : NoPort;
}
