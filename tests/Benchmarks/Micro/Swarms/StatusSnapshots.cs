using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Engine.Trackers;

namespace TorrentPatron.Benchmarks.Micro.Swarms;

/// <summary>The status of one torrent, made for whoever asks.</summary>
public class StatusSnapshots
{
    private const int Peers = 50;

    private readonly SampleSwarm _idle = new(1000);
    private readonly SampleSwarm _busy = new(1000);
    private readonly TrackerList _trackers = new(
        [[new Uri("http://tracker.example/announce")], [new Uri("udp://tracker.example:6969")]], new Random(1),
        static () => [AddressFamily.InterNetwork]);

    [GlobalSetup]
    public void AttachPeers()
    {
        for (int peer = 0; peer < Peers; peer++)
            _busy.Attach(new SilentConnection(peer));
    }

    [Benchmark(Baseline = true)]
    public object WithoutPeersOrTrackers() => _idle.Ledger.MakeStatus([], saving: null);

    [Benchmark]
    public object With50PeersAnd2Trackers() => _busy.Ledger.MakeStatus(_trackers.Snapshot(TimeProvider.System), saving: null);
}
