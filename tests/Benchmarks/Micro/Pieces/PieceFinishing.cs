using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Pieces;

/// <summary>A piece, for each of its blocks: received in order, hashed as it comes and handed to the disk, which costs nothing here.</summary>
public class PieceFinishing
{
    private static readonly SampleSource Source = new();
    private const int Block = BlockRequest.BlockLength;

    private readonly SlabPool _slabs = new();
    private readonly Disk _disk = new();
    private PendingBlock[] _reserved = [];
    private PieceVerifier _verifier = PieceVerifier.ForV1(default);

    [Params(1 << 20, 16 << 20)]
    public int PieceLength { get; set; }

    [GlobalSetup]
    public void Hash()
    {
        _reserved = new PendingBlock[PieceLength / Block];
        _verifier = PieceVerifier.ForV1(SHA1.HashData(new byte[PieceLength]));
    }

    [Benchmark]
    public bool InOrder()
    {
        var piece = new ActivePiece(0, PieceLength);
        piece.Finisher = new PieceFinisher(piece, _verifier, 0, _disk, _disk);
        piece.ReserveFree(_reserved);
        Slab slab = _slabs.Rent(SlabPool.LargeLength);
        for (int block = 0; block < piece.BlockCount; block++)
        {
            piece.Add(block, slab, 0, Source, out _, out _);
            piece.Finisher.Post();
            piece.Finisher.Execute();
        }

        slab.Release();
        return _disk.IsGood;
    }

    private sealed class Disk : IPieceDisk, IPieceResults
    {
        public bool IsGood { get; private set; }

        public void Post(PieceFinisher finisher)
        {
        }

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks)
        {
        }

        public void Read(long offset, Span<byte> buffer) => buffer.Clear();

        public bool IsSuspect(int piece) => false;

        public void BytesProcessed(long bytes)
        {
        }

        public void PieceGood(PieceFinisher finisher, BlockFingerprints? prints) => IsGood = true;

        public void PieceBad(PieceFinisher finisher, BlockFingerprints prints) => IsGood = false;

        public void BlocksDropped(PieceFinisher finisher, long bytes, BlockFingerprints? prints)
        {
        }

        public void PieceParked(PieceFinisher finisher, Bitfield? onDisk)
        {
        }

        public void PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error)
        {
        }

        public void PieceFaulted(PieceFinisher finisher, Exception fault)
        {
        }
    }
}
