using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Metainfo;

namespace TorrentPatron.Benchmarks.Micro.Metainfo;

/// <summary>A .torrent file to checked metainfo.</summary>
public class MetainfoReading
{
    private readonly byte[] _small = SampleTorrents.OneFile(pieces: 4);
    private readonly byte[] _large = SampleTorrents.OneFile(pieces: 100_000);
    private readonly byte[] _files = SampleTorrents.ManyFiles(10_000);
    private readonly byte[] _tree = SampleTorrents.ManyFilesV2(10_000);

    [Benchmark]
    public object OneFileOf4Pieces() => MetainfoReader.Read(_small);

    [Benchmark]
    public object OneFileOf100000Pieces() => MetainfoReader.Read(_large);

    [Benchmark]
    public object Version1Of10000Files() => MetainfoReader.Read(_files);

    [Benchmark]
    public object Version2Of10000Files() => MetainfoReader.Read(_tree);
}
