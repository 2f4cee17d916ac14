using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Announces to trackers of every kind that is known: HTTP, HTTPS and UDP.</summary>
internal sealed class TrackerClients(HttpTrackerClient http, UdpTrackerClient udp) : ITrackerClient, IDisposable
{
    /// <summary>Makes the clients of an engine.</summary>
    /// <param name="bindAddress">The local address to announce from, which also decides the family; <c>null</c>: any.</param>
    /// <param name="random">Source of transaction ids; must bear use from many threads.</param>
    /// <param name="time">The clock.</param>
    public static TrackerClients Create(IPAddress? bindAddress, Random random, TimeProvider time)
    {
        var hosts = new TrackerHosts(
            SystemHostResolver.For(bindAddress?.AddressFamily ?? AddressFamily.Unspecified), new HostConnector(time));
        UdpDatagramSocket OpenSocket(AddressFamily family) => new(new IPEndPoint(
            bindAddress ?? (family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any), 0));

        return new TrackerClients(
            new HttpTrackerClient(hosts, bindAddress, time), new UdpTrackerClient(hosts, OpenSocket, random, time));
    }

    public Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken) =>
        announce.Scheme switch
        {
            "http" or "https" => http.AnnounceAsync(announce, request, family, cancellationToken),
            "udp" => udp.AnnounceAsync(announce, request, family, cancellationToken),
            _ => Task.FromException<AnnounceResponse?>(new TrackerFailureException(
                $"Trackers of the kind '{announce.Scheme}' are not supported; http, https and udp are.")),
        };

    public void Dispose()
    {
        http.Dispose();
        udp.Dispose();
    }
}
