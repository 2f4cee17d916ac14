using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Benchmarks.Micro.Trackers;

/// <summary>A tracker's answer of 200 peers to their addresses.</summary>
public class TrackerAnswerReading
{
    private readonly byte[] _http = SampleAnswers.Http(200);
    private readonly byte[] _udp = SampleAnswers.Udp(200);

    [Benchmark]
    public object Http() => HttpAnnounceCodec.Parse(_http);

    [Benchmark]
    public object Udp() => UdpTrackerCodec.ReadAnnounce(_udp, 1, AddressFamily.InterNetwork);
}
