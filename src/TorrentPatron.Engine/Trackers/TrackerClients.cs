using System.Net.Sockets;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.Trackers;

/// <summary>Announces to trackers over HTTP, HTTPS and UDP.</summary>
internal sealed class TrackerClients(HttpTrackerClient http, UdpTrackerClient udp) : ITrackerClient, IDisposable
{
    /// <summary>Creates clients that announce over UDP from one port.</summary>
    public static TrackerClients Create(INetwork network, SharedDatagramPort port, TimeProvider time) =>
        Create(network, new TrackerPort(port, port, static () => null), time);

    /// <summary>Creates the clients of an engine.</summary>
    /// <param name="network">The network.</param>
    /// <param name="port">The UDP port to announce from.</param>
    /// <param name="time">The clock.</param>
    /// <param name="outside">Receives our address as reported by trackers; null ignores it.</param>
    public static TrackerClients Create(INetwork network, TrackerPort port, TimeProvider time, OutsideAddress? outside = null)
    {
        var hosts = new TrackerHosts((host, cancellationToken) => network.ResolveAsync(host, NetworkUse.Trackers, cancellationToken), new HostConnector(time));
        var exchange = new UdpExchange(port, time);
        port.Attach(exchange);
        return new TrackerClients(new HttpTrackerClient(hosts, network, time) { Outside = outside }, new UdpTrackerClient(hosts, exchange, time));
    }

    public Task<AnnounceResponse?> AnnounceAsync(
        Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken) =>
        announce.Scheme switch
        {
            "http" or "https" => http.AnnounceAsync(announce, request, family, cancellationToken),
            "udp" => udp.AnnounceAsync(announce, request, family, cancellationToken),
            _ => Task.FromException<AnnounceResponse?>(new TrackerFailureException(
                $"Trackers with the scheme '{announce.Scheme}' are not supported; use http, https or udp.")),
        };

    public Task<ScrapeResponse?> ScrapeAsync(Uri announce, InfoHash torrent, AddressFamily family, CancellationToken cancellationToken) =>
        announce.Scheme switch
        {
            "http" or "https" => http.ScrapeAsync(announce, torrent, family, cancellationToken),
            "udp" => udp.ScrapeAsync(announce, torrent, family, cancellationToken),
            _ => Task.FromResult<ScrapeResponse?>(null),
        };

    /// <summary>Closes idle connections, because the network's route has changed.</summary>
    public void DropConnections() => http.DropConnections();

    public void Dispose()
    {
        http.Dispose();
        udp.Dispose();
    }
}
