using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>
/// A tracker of all torrents. Clients use it through <see cref="For"/> without a network, or over HTTP or UDP if
/// a <see cref="SimulatedHttpTracker"/> or <see cref="SimulatedUdpTracker"/> serves it.
/// </summary>
internal sealed class SimulatedTracker(World world)
{
    private const int MostPeers = 50;

    private readonly Dictionary<InfoHash, List<IPEndPoint>> _swarms = [];

    /// <summary>Time from a request to its answer.</summary>
    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Replaces its answers; null: the true ones.</summary>
    public Func<AnnounceRequest, AnnounceResponse>? Answer { get; set; }

    /// <summary>The received announces with their times.</summary>
    public List<(TimeSpan Time, AnnounceRequest Request)> Announces { get; } = [];

    /// <summary>A client of the tracker for one host.</summary>
    public ITrackerClient For(SimulatedHost host) => new Client(world, this, host);

    /// <summary>Answers an announce.</summary>
    /// <param name="from">The address of the peer.</param>
    /// <param name="request">The announce.</param>
    /// <exception cref="TrackerFailureException">From <see cref="Answer"/>.</exception>
    public AnnounceResponse Take(IPAddress from, AnnounceRequest request)
    {
        Announces.Add((world.Elapsed, request));
        if (Answer is not null)
            return Answer(request);
        var self = new IPEndPoint(from, request.Port);
        if (!_swarms.TryGetValue(request.InfoHash, out List<IPEndPoint>? peers))
            _swarms.Add(request.InfoHash, peers = []);
        peers.Remove(self);
        IPEndPoint[] others = [.. peers];
        world.Random.Shuffle(others);
        if (request.Event != AnnounceEvent.Stopped)
            peers.Add(self);
        return new AnnounceResponse { Interval = TimeSpan.FromMinutes(2), Peers = [.. others.Take(MostPeers)] };
    }

    private sealed class Client(World world, SimulatedTracker tracker, SimulatedHost host) : ITrackerClient
    {
        public Task<ScrapeResponse?> ScrapeAsync(Uri announce, InfoHash torrent, AddressFamily family, CancellationToken cancellationToken) =>
            Task.FromResult<ScrapeResponse?>(null);

        public async Task<AnnounceResponse?> AnnounceAsync(
            Uri announce, AnnounceRequest request, AddressFamily family, CancellationToken cancellationToken)
        {
            await Task.Delay(tracker.Latency, world.Time, cancellationToken).ConfigureAwait(false);
            return tracker.Take(host.Address, request);
        }
    }
}
