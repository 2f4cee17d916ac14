using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Wire;

/// <summary>Fields of 100,000 pieces.</summary>
public class BitfieldOperations
{
    private const int Pieces = 100_000;

    private readonly Bitfield _half = SampleFields.Random(Pieces, 0.5);
    private readonly Bitfield _copy = SampleFields.Random(Pieces, 0.5);
    private readonly Bitfield _few = SampleFields.Random(Pieces, 0.001, seed: 2);
    private int _next;

    [Benchmark]
    public bool ReadFromTheWire() => Bitfield.TryRead(_half.Bytes, Pieces, out _);

    [Benchmark]
    public object Clone() => _half.Clone();

    [Benchmark]
    public void SetAll() => _copy.SetAll();

    [Benchmark]
    public bool GetSetAndClearOneBit()
    {
        int piece = _next = (_next + 7919) % Pieces;
        return _copy[piece] ? _copy.Clear(piece) : _copy.Set(piece);
    }

    [Benchmark]
    public int CountInBoth() => _half.CountInBoth(_few);

    [Benchmark]
    public int EnumerateHalf()
    {
        int sum = 0;
        foreach (int piece in _half.Ones)
            sum += piece;
        return sum;
    }

    [Benchmark]
    public int EnumerateInBoth()
    {
        int sum = 0;
        foreach (int piece in _half.InBoth(_few))
            sum += piece;
        return sum;
    }
}
