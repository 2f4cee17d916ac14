using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Engine.Tests.Swarms;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Pieces;

public sealed class PieceDiskTests : IDisposable, IPieceResults
{
    private const int Block = BlockRequest.BlockLength;

    private readonly TempFolder _folder = new();
    private readonly QueuedDiskWorker _first = new();
    private readonly QueuedDiskWorker _second = new();
    private readonly SwarmTorrent _torrent = new(42, 2 * Block, 4 * Block);
    private readonly BackPressure _backPressure = new(1 << 20);
    private readonly SlabPool _slabs = new();
    private readonly TorrentStorage _storage;
    private readonly PieceDisk _disk;
    private readonly List<int> _good = [];

    public PieceDiskTests()
    {
        _storage = new TorrentStorage(new FileLayout(_torrent.Metainfo, _folder.Path), new FileHandlePool());
        _storage.Prepare(null, [], _storage.Stamps());
        _disk = new PieceDisk(_storage, new TorrentDiskQueue(new DiskWorkers([_first, _second]), affinity: 1, () => false), _backPressure);
    }

    public void Dispose()
    {
        _storage.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Blocks_added_wait_until_they_are_hashed_and_written_on_the_torrents_own_thread()
    {
        ActivePiece piece = Receive(1);
        _disk.BlocksAdded([piece], 2 * Block);
        _disk.BlocksAdded([piece], 0);
        Assert.Equal(2 * Block, _backPressure.Queued);
        Assert.Equal((0, 1), (_first.Pending, _second.Pending));

        _second.Run();
        Assert.Equal([1], _good);
        Assert.Equal(0, _backPressure.Queued);
        byte[] written = new byte[2 * Block];
        _disk.Read(2 * Block, written);
        Assert.Equal(_torrent.Data[(2 * Block)..], written);
    }

    [Fact]
    public async Task DrainAsync_waits_for_earlier_jobs()
    {
        _disk.BlocksAdded([Receive(0)], 2 * Block);
        Task drained = _disk.DrainAsync();
        Assert.False(drained.IsCompleted);
        _second.Run();
        await drained;
        Assert.Equal([0], _good);
    }

    bool IPieceResults.IsSuspect(int piece) => false;

    void IPieceResults.PieceGood(PieceFinisher finisher, BlockFingerprints? prints) => _good.Add(finisher.Piece.Index);

    void IPieceResults.PieceBad(PieceFinisher finisher, BlockFingerprints prints) => Assert.Fail("It is good.");

    void IPieceResults.BlocksDropped(PieceFinisher finisher, long bytes, BlockFingerprints? prints) => Assert.Fail("Nothing is dropped.");

    void IPieceResults.PieceParked(PieceFinisher finisher, Bitfield? onDisk) => Assert.Fail("Nothing is parked.");

    void IPieceResults.PieceNotWritten(PieceFinisher finisher, Bitfield? onDisk, StorageException error) => Assert.Fail(error.Message);

    void IPieceResults.PieceFaulted(PieceFinisher finisher, Exception fault) => Assert.Fail(fault.ToString());

    private ActivePiece Receive(int index)
    {
        var piece = new ActivePiece(index, 2 * Block);
        piece.Finisher = new PieceFinisher(piece, PieceVerifier.For(_torrent.Metainfo), 2L * Block * index, _disk, this);
        piece.ReserveFree(new PendingBlock[2]);
        for (int block = 0; block < 2; block++)
        {
            Slab slab = _slabs.Rent(Block);
            _torrent.Bytes(index, block * Block, Block).CopyTo(slab.Bytes);
            piece.Add(block, slab, 0, new FakeSource(), out _, out _);
            slab.Release();
        }

        return piece;
    }
}
