using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Pieces;

/// <summary>A piece of 1 MiB: at once, or as it arrives.</summary>
public class PieceHashing
{
    private const int PieceLength = 1 << 20;

    private readonly byte[] _piece = new byte[PieceLength];
    private readonly byte[] _digest = new byte[SHA256.HashSizeInBytes];
    private readonly IncrementalHash _sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    [GlobalSetup]
    public void FillRandomly() => new Random(1).NextBytes(_piece);

    [Benchmark(Baseline = true)]
    public int Sha1AtOnce() => SHA1.HashData(_piece, _digest);

    [Benchmark]
    public int Sha1ByBlocks() => ByBlocks(_sha1, BlockRequest.BlockLength);

    [Benchmark]
    public int Sha1ByRunsOf256KiB() => ByBlocks(_sha1, 256 << 10);

    [Benchmark]
    public int Sha256AtOnce() => SHA256.HashData(_piece, _digest);

    [Benchmark]
    public int Sha256ByBlocks() => ByBlocks(_sha256, BlockRequest.BlockLength);

    private int ByBlocks(IncrementalHash hash, int length)
    {
        for (int at = 0; at < PieceLength; at += length)
            hash.AppendData(_piece.AsSpan(at, length));
        return hash.GetHashAndReset(_digest);
    }
}
