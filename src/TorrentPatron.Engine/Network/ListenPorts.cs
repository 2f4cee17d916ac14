using System.Net;
using System.Net.Sockets;

namespace TorrentPatron.Engine.Network;

/// <summary>
/// The TCP ports on which peers can reach us: one for each IP version that we listen on. They are the same number where that can be
/// had. Whoever is told of a port is told the one of the IP version over which it will be used. Immutable.
/// </summary>
internal sealed class ListenPorts
{
    /// <summary>
    /// Told to a tracker where we do not listen: many refuse an announce with port 0, and where something can be told that leads
    /// nobody to another program, it is this.
    /// </summary>
    private const ushort NoPort = 1;

    private readonly IPEndPoint[] _endPoints;

    /// <summary>Takes the addresses that are listened on.</summary>
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

    /// <summary>We do not listen.</summary>
    public static ListenPorts None { get; } = new([]);

    /// <summary>The IP versions that we listen on.</summary>
    public IReadOnlyList<AddressFamily> Families { get; }

    /// <summary>The port of an IP version; 0: we do not listen there.</summary>
    public ushort Of(AddressFamily family) => Array.Find(_endPoints, endPoint => endPoint.AddressFamily == family) is { } found ? (ushort)found.Port : (ushort)0;

    /// <summary>The port to tell a tracker that is asked over an IP version; never 0.</summary>
    public ushort ForTracker(AddressFamily family) => Of(family) is > 0 and ushort port ? port : NoPort;
}
