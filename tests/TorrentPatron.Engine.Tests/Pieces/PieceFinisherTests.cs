using System.Security.Cryptography;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Pieces;

public sealed class PieceFinisherTests
{
    private static readonly IBlockSource Even = new NamedSource("even");
    private static readonly IBlockSource Odd = new NamedSource("odd");

    private const int Block = BlockRequest.BlockLength;

    [Fact]
    public void A_good_piece_is_written_once_it_is_verified()
    {
        var target = new Target(5 * Block + 7);
        target.Add(0, 1, 2);
        Assert.Empty(target.Writes);
        target.Add(4, 3, 5);

        Assert.Equal([(100L, 4 * Block), (100L + 4 * Block, Block + 7)], target.Writes);
        Assert.Equal(target.Data, target.Written);
        Assert.Equal((1, 0, 0), target.Said);
        target.AssertBalanced();
    }

    [Fact]
    public void A_bad_piece_from_one_sender_is_not_written_and_the_sender_is_reported_once()
    {
        var target = new Target(4 * Block) { Sender = _ => Odd };
        target.Data[3 * Block] ^= 1;
        target.Add(3, 2, 1, 0);

        Assert.Empty(target.Writes);
        Assert.Equal((0, 1, 0), target.Said);
        Assert.Equal(["odd"], target.Prints!.Senders.Select(NameOf));
        target.AssertBalanced();
    }

    [Theory]
    [InlineData(5 * Block)]
    [InlineData((9 << 20) + 5)]
    public void For_a_bad_piece_from_several_senders_only_the_blocks_of_one_are_fetched_again(int length)
    {
        var target = new Target(length);
        target.Sender = block => block is 1 or 3 ? Odd : Even;
        target.Data[3 * Block] ^= 1;
        target.Add([.. Enumerable.Range(0, target.Piece.BlockCount)]);
        Assert.Equal((0, 0, 0), target.Said);
        Assert.Equal(2 * Block, target.Mended);
        Assert.Equal(["even", "odd"], target.Prints!.Senders.Select(NameOf).Order());
        Assert.False(target.Piece.MayCome(Odd));
        BlockFingerprints bad = target.Prints;

        target.Data[3 * Block] ^= 1;
        target.Sender = _ => Even;
        target.Suspects = true;
        Assert.Equal(2, target.Piece.ReserveFree(new PendingBlock[target.Piece.BlockCount]));
        target.Add(3, 1);
        Assert.Equal((1, 0, 0), target.Said);
        Assert.Equal(["odd"], bad.SendersOfOther(target.Prints).Select(NameOf));
        Assert.Equal(target.Data, target.Written);
        Assert.Equal(0, target.Held.Bytes);
        target.AssertBalanced();
    }

    [Fact]
    public void A_long_piece_is_written_in_runs_before_it_is_verified()
    {
        var target = new Target((10 << 20) + 1);
        int blocks = target.Piece.BlockCount;
        for (int block = 0; block < blocks - 1; block++)
            target.Add(block);
        Assert.Equal(8 << 20, target.Writes.Sum(w => w.Length));

        target.Add(blocks - 1);
        Assert.Equal([.. Enumerable.Repeat(64 << 10, 160), 1], target.Writes.Select(w => w.Length));
        Assert.Equal(target.Data, target.Written);
        Assert.Equal((1, 0, 0), target.Said);
        target.AssertBalanced();
    }

    [Fact]
    public void Too_many_blocks_after_a_missing_one_are_written_and_read_back_later()
    {
        var target = new Target(8 * Block);
        target.Add(1, 2, 4, 6, 7);
        Assert.Equal(5 * Block, target.Held.Bytes);
        target.Finisher.WriteOut();
        target.Finisher.Execute();
        Assert.Equal(0, target.Held.Bytes);
        Assert.Equal([(100L + Block, 2 * Block), (100L + 4 * Block, Block), (100L + 6 * Block, 2 * Block)], target.Writes);

        target.Add(5, 3);
        Assert.Equal(2 * Block, target.Held.Bytes);
        target.Add(0);
        Assert.Equal(0, target.Held.Bytes);
        Assert.Equal((1, 0, 0), target.Said);
        Assert.Equal(target.Data, target.Written);
        Assert.Equal(8 * Block, target.Writes.Sum(w => w.Length));
    }

    [Fact]
    public void A_wrong_block_written_early_makes_the_piece_bad()
    {
        var target = new Target(4 * Block) { Sender = _ => Even };
        target.Data[2 * Block] ^= 1;
        target.Add(3, 2, 1);
        target.Finisher.WriteOut();
        target.Finisher.Execute();
        target.Add(0);

        Assert.Equal((0, 1, 0), target.Said);
        Assert.Equal(0, target.Held.Bytes);
    }

    [Fact]
    public void An_abandoned_piece_holds_no_memory()
    {
        var target = new Target(4 * Block);
        target.Add(1, 3);
        target.Piece.Retire(onlyIfUntouched: false);
        target.Add(2);

        Assert.Equal(0, target.Held.Bytes);
    }

    [Theory]
    [InlineData(4 * Block)]
    [InlineData((6 << 20) + 5)]
    public void A_suspect_piece_that_is_good_identifies_the_earlier_senders_of_wrong_blocks(int length)
    {
        var suspects = new SuspectPieces();
        var bad = new Target(length);
        bad.Data[2 * Block] ^= 1;
        bad.Add([.. Enumerable.Range(0, bad.Piece.BlockCount)]);
        suspects.Add(0, bad.Prints!);
        Assert.True(suspects.Contains(0));
        Assert.False(suspects.Contains(1));

        var good = new Target(length) { Suspects = true };
        good.Add([.. Enumerable.Range(0, good.Piece.BlockCount)]);
        Assert.Equal(["even"], suspects.Resolve(0, good.Prints!).Select(NameOf));
        Assert.False(suspects.Contains(0));
    }

    [Fact]
    public void A_parked_piece_is_written_and_reports_its_blocks_on_disk()
    {
        var target = new Target(6 * Block);
        target.Add(0, 1, 3);
        target.Finisher.Park();
        target.Finisher.Execute();

        Assert.Equal([0, 1, 3], target.Parked!);
        Assert.Equal([(100L, 2 * Block), (100L + 3 * Block, Block)], target.Writes);
        Assert.Equal((0, 0, 0), target.Said);
        Assert.Equal(0, target.Held.Bytes);

        target.Add(2, 4, 5);
        Assert.Equal((0, 0, 0), target.Said);
        target.AssertBalanced();
    }

    [Fact]
    public void A_piece_without_received_blocks_leaves_nothing_when_it_is_parked()
    {
        var target = new Target(2 * Block);
        target.Finisher.Park();
        target.Finisher.Execute();

        Assert.Equal([], target.Parked!);
        Assert.Empty(target.Writes);
    }

    [Fact]
    public void A_complete_piece_is_finished_rather_than_parked()
    {
        var target = new Target(4 * Block);
        target.Add(0, 1, 2);
        target.AddWithoutDisk(3);
        target.Finisher.Park();
        target.Finisher.Execute();

        Assert.Null(target.Parked);
        Assert.Equal((1, 0, 0), target.Said);
        target.AssertBalanced();
    }

    [Fact]
    public void A_failed_write_keeps_the_blocks_written_before()
    {
        var target = new Target(6 * Block);
        target.Add(1, 2);
        target.Finisher.WriteOut();
        target.Finisher.Execute();
        target.Refuses = true;
        target.Add(4);
        target.Finisher.Park();
        target.Finisher.Execute();

        Assert.Equal([1, 2], target.Parked!);
        Assert.Equal((0, 0, 1), target.Said);
        target.AssertBalanced();
    }

    [Theory]
    [InlineData(6 * Block, new[] { 0, 1, 3 })]
    [InlineData(6 * Block, new[] { 5 })]
    [InlineData((9 << 20) + 5, new[] { 0, 1, 2, 575 })]
    public void Blocks_of_an_earlier_session_are_read_back_and_hashed_with_the_others(int length, int[] onDisk)
    {
        var target = new Target(length, onDisk);
        target.Add([.. Enumerable.Range(0, target.Piece.BlockCount).Except(onDisk)]);

        Assert.Equal((1, 0, 0), target.Said);
        Assert.Equal(target.Data, target.Written);
        Assert.Equal(length - onDisk.Sum(block => target.Piece.RangeOf(block).Length), target.Writes.Sum(write => write.Length));
        target.AssertBalanced();
    }

    [Fact]
    public void Large_data_on_disk_is_read_back_in_slices_so_that_others_can_use_the_disk()
    {
        const int Blocks = (12 << 20) / Block;
        var target = new Target(Blocks * Block, [.. Enumerable.Range(0, Blocks - 1)]);
        target.AddWithoutDisk(Blocks - 1);
        target.Finisher.Execute();
        Assert.Equal(PieceFinisher.ReadBackSlice, target.BytesRead);

        int rounds = 1;
        for (; target.Said.Good == 0; rounds++)
            target.Finisher.Execute();
        Assert.Equal(3, rounds);
        Assert.Equal(rounds, target.Queued);
        target.AssertBalanced();
    }

    [Theory]
    [InlineData(6 * Block)]
    [InlineData((9 << 20) + 5)]
    public void A_damaged_block_of_an_earlier_session_is_fetched_again_and_no_peer_is_blamed(int length)
    {
        int[] onDisk = [0, 2, 3];
        var target = new Target(length, onDisk);
        target.Written[(2 * Block) + 7] ^= 1;
        int[] others = [.. Enumerable.Range(0, target.Piece.BlockCount).Except(onDisk)];
        target.Add(others);

        Assert.Equal((0, 0, 0), target.Said);
        Assert.Equal(3 * Block, target.Dropped);
        Assert.True(target.Piece.HasFree);
        var again = new PendingBlock[target.Piece.BlockCount];
        Assert.Equal(3, target.Piece.ReserveFree(again));
        Assert.Equal(onDisk, again.Take(3).Select(pending => pending.Block));
        target.Add(3, 0, 2);
        Assert.Equal((1, 0, 0), target.Said);
        Assert.Equal(target.Data, target.Written);
        Assert.Equal(0, target.Held.Bytes);
        target.AssertBalanced();
    }

    [Fact]
    public void The_sender_of_a_wrong_block_is_identified_once_an_earlier_sessions_blocks_are_fetched_again()
    {
        var target = new Target(4 * Block, 0, 2);
        target.Data[Block] ^= 1;
        target.Add(1, 3);
        target.Data[Block] ^= 1;
        Assert.Equal((0, 0, 0), target.Said);
        target.Piece.ReserveFree(new PendingBlock[4]);
        target.Add(0, 2);

        Assert.Equal((0, 0, 0), target.Said);
        Assert.Equal((2 * Block, 2 * Block), (target.Dropped, target.Mended));
        Assert.Equal(["even", "odd"], target.Prints!.Senders.Select(NameOf).Order());
    }

    [Theory]
    [InlineData(2 * Block)]
    [InlineData(6 << 20)]
    public void A_disk_failure_is_reported_once_and_the_slabs_are_released(int length)
    {
        var target = new Target(length) { Refuses = true };
        for (int block = 0; block < target.Piece.BlockCount; block++)
            target.Add(block);

        Assert.Equal((0, 0, 1), target.Said);
        target.AssertBalanced();
    }

    [Fact]
    public void Posting_twice_before_it_runs_queues_it_once()
    {
        var target = new Target(2 * Block);
        target.Finisher.Post();
        target.Finisher.Post();
        Assert.Equal(1, target.Queued);
        target.Finisher.Execute();
        target.Finisher.Post();
        Assert.Equal(2, target.Queued);
    }

    [Fact]
    public void A_fault_in_a_piece_is_reported_and_releases_its_blocks()
    {
        var target = new Target(2 * Block) { Breaks = new InvalidOperationException("A mistake.") };
        target.Add(0, 1);
        Assert.Same(target.Breaks, target.Fault);
        Assert.Equal((0, 0, 0), target.Said);
        target.AssertBalanced();
    }

    [Fact]
    public void Only_the_torrents_verifier_decides_and_it_gets_the_blocks_in_order()
    {
        var good = new Target(3 * Block + 7);
        var verifier = new FirstByteVerifier(isGood: true);
        good.VerifyBy(verifier);
        good.Add(3, 1, 2, 0);
        Assert.Equal((1, 0, 0), good.Said);
        Assert.Equal([good.Data[0], good.Data[Block], good.Data[2 * Block], good.Data[3 * Block]], verifier.Hashed);
        Assert.Equal(1, verifier.Disposed);

        var bad = new Target(3 * Block + 7) { Sender = _ => Even };
        bad.VerifyBy(new FirstByteVerifier(isGood: false));
        bad.Add(0, 1, 2, 3);
        Assert.Equal((0, 1, 0), bad.Said);
    }

    private static string NameOf(IBlockSource source) => ((NamedSource)source).Name;

    /// <summary>Hashes the first byte of each block.</summary>
    private sealed class FirstByteVerifier(bool isGood) : PieceVerifier
    {
        public List<byte> Hashed { get; } = [];

        public int Disposed { get; private set; }

        public override PieceHash Begin(int piece) => new Hash(this);

        public override bool IsHashOf(int piece, ReadOnlySpan<byte> hash) => isGood && hash[0] == Hashed.Count;

        public override UInt128 FingerprintOf(ReadOnlySpan<byte> block) => block[0];

        private sealed class Hash(FirstByteVerifier verifier) : PieceHash
        {
            public override int Length => 1;

            public override void Append(ReadOnlySpan<byte> blocks) => verifier.Hashed.Add(blocks[0]);

            public override void End(Span<byte> hash) => hash[0] = (byte)verifier.Hashed.Count;

            protected override void Dispose(bool disposing) => verifier.Disposed++;
        }
    }

    private sealed class Target : IPieceDisk, IPieceResults
    {
        private readonly SlabPool _slabs = new();
        private readonly List<Slab> _held = [];
        private long _waiting;
        private int _executed;

        public Target(int length, params int[] onDisk)
        {
            Data = new byte[length];
            new Random(length).NextBytes(Data);
            Written = new byte[length];
            var restored = new Bitfield(UnfinishedPiece.CountBlocks(length));
            foreach (int block in onDisk)
            {
                restored.Set(block);
                Data.AsSpan(block * Block, Math.Min(Block, length - (block * Block))).CopyTo(Written.AsSpan(block * Block));
            }

            Piece = new ActivePiece(0, length, Held, restored);
            Finisher = new PieceFinisher(Piece, PieceVerifier.ForV1(SHA1.HashData(Data)), 100, this, this);
            Piece.Finisher = Finisher;
            Piece.ReserveFree(new PendingBlock[Piece.BlockCount]);
        }

        public byte[] Data { get; }

        public byte[] Written { get; }

        public ActivePiece Piece { get; }

        public PieceFinisher Finisher { get; private set; }

        public List<(long Offset, int Length)> Writes { get; } = [];

        public HeldBytes Held { get; } = new(long.MaxValue);

        public BlockFingerprints? Prints { get; private set; }

        public bool Suspects { get; set; }

        /// <summary>The sender of a block.</summary>
        public Func<int, IBlockSource> Sender { get; set; } = block => block % 2 == 0 ? Even : Odd;

        public (int Good, int Bad, int NotWritten) Said { get; private set; }

        public int Queued { get; private set; }

        public bool Refuses { get; set; }

        /// <summary>Thrown by the next write.</summary>
        public Exception? Breaks { get; set; }

        /// <summary>The reported fault.</summary>
        public Exception? Fault { get; private set; }

        /// <summary>The blocks that were on disk when the piece was parked; null: it was not parked.</summary>
        public int[]? Parked { get; private set; }

        /// <summary>Number of dropped bytes of an earlier session.</summary>
        public long Dropped { get; private set; }

        /// <summary>Number of dropped bytes of one of several senders.</summary>
        public long Mended { get; private set; }

        public long BytesRead { get; private set; }

        /// <summary>Replaces the piece's verifier.</summary>
        public void VerifyBy(PieceVerifier verifier) => Piece.Finisher = Finisher = new PieceFinisher(Piece, verifier, 100, this, this);

        /// <summary>Blocks arrive, and the disk thread then runs.</summary>
        public void Add(params int[] blocks)
        {
            foreach (int block in blocks)
            {
                AddWithoutDisk(block);
                for (; _executed < Queued; _executed++)
                    Finisher.Execute();
            }
        }

        /// <summary>Blocks arrive, but the disk thread does not run yet.</summary>
        public void AddWithoutDisk(params int[] blocks)
        {
            foreach (int block in blocks)
            {
                BlockRequest range = Piece.RangeOf(block);
                Slab slab = _slabs.Rent(2 * Block);
                Data.AsSpan(range.Begin, range.Length).CopyTo(slab.Bytes.AsSpan(9));
                if (Piece.Add(block, slab, 9, Sender(block), out _, out long bytes))
                    _held.Add(slab);
                _waiting += bytes;
                slab.Release();
                Finisher.Post();
            }
        }

        /// <summary>Checks that the counts are back at zero and the slabs were returned: the pool lends them again.</summary>
        public void AssertBalanced()
        {
            Assert.Equal(0, _waiting);
            Assert.Equal(0, Piece.ReserveFree(new PendingBlock[1]));
            HashSet<Slab> back = [.. Enumerable.Range(0, _held.Count).Select(_ => _slabs.Rent(2 * Block))];
            Assert.All(_held.TakeLast(4), slab => Assert.Contains(slab, back));
        }

        public void Post(PieceFinisher finisher) => Queued++;

        public void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> blocks)
        {
            if (Breaks is { } fault)
                throw fault;
            if (Refuses)
                throw new StorageException(new TorrentError(TorrentErrorId.DiskWriteFailed, "No.", "Wait."));
            Writes.Add((offset, blocks.Sum(b => b.Length)));
            int at = (int)offset - 100;
            foreach (ReadOnlyMemory<byte> block in blocks)
            {
                block.CopyTo(Written.AsMemory(at));
                at += block.Length;
            }
        }

        public void BytesProcessed(long bytes) => _waiting -= bytes;

        public void Read(long offset, Span<byte> buffer)
        {
            BytesRead += buffer.Length;
            Written.AsSpan((int)offset - 100, buffer.Length).CopyTo(buffer);
        }

        public bool IsSuspect(int piece) => Suspects;

        public void PieceGood(PieceFinisher finisher, BlockFingerprints? prints)
        {
            Prints = prints;
            Said = Said with { Good = Said.Good + 1 };
        }

        public void PieceBad(PieceFinisher finisher, BlockFingerprints prints)
        {
            Prints = prints;
            Said = Said with { Bad = Said.Bad + 1 };
        }

        public void BlocksDropped(PieceFinisher finisher, long bytes, BlockFingerprints? prints)
        {
            Prints = prints ?? Prints;
            (Dropped, Mended) = prints is null ? (Dropped + bytes, Mended) : (Dropped, Mended + bytes);
        }

        public void PieceParked(PieceFinisher finisher, Bitfield? onDisk) => Keep(onDisk);

        public void PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error)
        {
            Said = Said with { NotWritten = Said.NotWritten + 1 };
            Keep(onDisk);
        }

        public void PieceFaulted(PieceFinisher finisher, Exception fault) => Fault = fault;

        private void Keep(Bitfield? onDisk) =>
            Parked = onDisk is null ? [] : [.. Enumerable.Range(0, onDisk.Length).Where(block => onDisk[block])];
    }
}
