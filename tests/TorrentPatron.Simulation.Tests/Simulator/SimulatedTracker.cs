using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Trackers;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>
/// A tracker of all torrents. It answers those that reach it by <see cref="For"/> without any network, and others over HTTP or UDP where
/// a <see cref="SimulatedHttpTracker"/> or <see cref="SimulatedUdpTracker"/> serves it.
/// </summary>
internal sealed class SimulatedTracker(World world)
{
    private const int MostPeers = 50;

    private readonly Dictionary<InfoHash, List<IPEndPoint>> _swarms = [];

    /// <summary>Time from a question to its answer.</summary>
    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>What it answers in place of the truth; null: the truth.</summary>
    public Func<AnnounceRequest, AnnounceResponse>? Answer { get; set; }

    /// <summary>When, and what, it was asked.</summary>
    public List<(TimeSpan Time, AnnounceRequest Request)> Announces { get; } = [];

    /// <summary>The tracker as one host sees it.</summary>
    public ITrackerClient For(SimulatedHost host) => new Client(world, this, host);

    /// <summary>Takes an announce.</summary>
    /// <param name="from">The address of the peer.</param>
    /// <param name="request">What it says.</param>
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
