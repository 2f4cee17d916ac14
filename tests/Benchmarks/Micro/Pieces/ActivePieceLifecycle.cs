using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Engine.Pieces;

namespace TorrentPatron.Benchmarks.Micro.Pieces;

/// <summary>A piece in flight of 1 MiB, for each of its 64 blocks: made, asked for, received, let go of.</summary>
public class ActivePieceLifecycle
{
    private static readonly SampleSource Source = new();
    private const int Blocks = 64;
    private const int PieceLength = Blocks * 16 * 1024;

    private readonly SlabPool _slabs = new();
    private readonly PendingBlock[] _reserved = new PendingBlock[Blocks];

    [Benchmark(OperationsPerInvoke = Blocks)]
    public long InOrder()
    {
        ActivePiece piece = Reserve();
        long hashed = 0;
        Slab slab = _slabs.Rent(SlabPool.LargeLength);
        for (int block = 0; block < Blocks; block++)
        {
            piece.Add(block, slab, 0, Source, out _, out long bytes);
            hashed += bytes;
        }

        slab.Release();
        piece.ReleaseSlabs(0, Blocks);
        return hashed;
    }

    [Benchmark(OperationsPerInvoke = Blocks)]
    public bool ReserveAndRelease()
    {
        ActivePiece piece = Reserve();
        bool isUntouched = false;
        for (int block = 0; block < Blocks; block++)
            isUntouched = piece.Release(block, null, out _);
        return isUntouched;
    }

    private ActivePiece Reserve()
    {
        var piece = new ActivePiece(0, PieceLength);
        for (int taken = 0; taken < Blocks; taken += 8)
            piece.ReserveFree(_reserved.AsSpan(taken, 8));
        return piece;
    }
}
