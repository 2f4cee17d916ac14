using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Benchmarks.Micro.Bencoding;

/// <summary>Bytes to the tape of a document.</summary>
public class BencodeParsing
{
    private readonly byte[] _torrent = SampleTorrents.ManyFiles(10_000);
    private readonly byte[] _answer = SampleAnswers.Http(200);

    [Benchmark]
    public object TorrentOf10000Files() => BencodeDocument.Parse(_torrent);

    [Benchmark]
    public object TrackerAnswerOf200Peers() => BencodeDocument.Parse(_answer);
}
