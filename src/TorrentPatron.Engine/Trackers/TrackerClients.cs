using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Transport;
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
        HostResolver resolve = SystemHostResolver.For(bindAddress?.AddressFamily ?? AddressFamily.Unspecified);
        UdpDatagramSocket OpenSocket(AddressFamily family) => new(new IPEndPoint(
            bindAddress ?? (family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any), 0));

        return new TrackerClients(
            new HttpTrackerClient(resolve, bindAddress, time), new UdpTrackerClient(resolve, OpenSocket, random, time));
    }

    public Task<AnnounceResponse> AnnounceAsync(Uri announce, AnnounceRequest request, CancellationToken cancellationToken) =>
        announce.Scheme switch
        {
            "http" or "https" => http.AnnounceAsync(announce, request, cancellationToken),
            "udp" => udp.AnnounceAsync(announce, request, cancellationToken),
            _ => Task.FromException<AnnounceResponse>(new TrackerFailureException(
                $"Trackers of the kind '{announce.Scheme}' are not supported; http, https and udp are.")),
        };

    public void Dispose()
    {
        http.Dispose();
        udp.Dispose();
    }
}
