using System.Buffers;
using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Benchmarks.Micro.Bencoding;

/// <summary>Values to bytes, into a buffer that is there already.</summary>
public class BencodeWriting
{
    private readonly string[][] _paths = [.. SampleTorrents.Paths(10_000).Select(path => path.Split('/'))];
    private readonly byte[] _peers = SampleAnswers.CompactPeers(200, 6);
    private readonly ArrayBufferWriter<byte> _output = new(1 << 20);

    [Benchmark]
    public int ListOf10000Files()
    {
        _output.ResetWrittenCount();
        var writer = new BencodeWriter(_output);
        writer.BeginList();
        foreach (string[] path in _paths)
        {
            writer.BeginDictionary();
            writer.Write("length"u8, 123_456);
            writer.WriteKey("path"u8);
            writer.BeginList();
            foreach (string element in path)
                writer.WriteString(element);
            writer.End();
            writer.End();
        }

        writer.End();
        return _output.WrittenCount;
    }

    [Benchmark]
    public int TrackerAnswerOf200Peers()
    {
        _output.ResetWrittenCount();
        SampleAnswers.Write(_output, _peers);
        return _output.WrittenCount;
    }
}
