using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class ResumeKeeperTests
{
    [Fact]
    public async Task A_piece_verified_while_a_checkpoint_is_made_is_noted_again_behind_it()
    {
        var store = new MemoryResumeStore();
        await using var workers = new DiskWorkers(1);
        await using ResumeKeeper keeper = Make(store, workers);
        store.OnCheckpoint = () => keeper.PieceVerified(2);
        keeper.PieceVerified(1);
        await keeper.CheckpointAsync(() => Data(1));

        Assert.Equal([2], store.Notes);
    }

    [Fact]
    public async Task A_checkpoint_is_due_after_five_seconds_with_news_and_once_more_where_it_failed()
    {
        var store = new MemoryResumeStore();
        var time = new FakeTimeProvider();
        await using var workers = new DiskWorkers(1);
        await using ResumeKeeper keeper = Make(store, workers, time);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(keeper.IsDue);
        keeper.PieceVerified(1);
        Assert.True(keeper.IsDue);

        store.OnCheckpoint = () => throw new IOException("full");
        await keeper.CheckpointAsync(() => Data(1));
        Assert.NotNull(keeper.Warning);
        Assert.False(keeper.IsDue);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(keeper.IsDue);

        store.OnCheckpoint = static () => { };
        await keeper.CheckpointAsync(() => Data(1));
        Assert.Null(keeper.Warning);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(keeper.IsDue);
    }

    [Fact]
    public async Task Nothing_is_saved_once_the_store_has_been_given_back()
    {
        var store = new MemoryResumeStore();
        await using var workers = new DiskWorkers(2);
        ResumeKeeper keeper = Make(store, workers);
        Task[] checkpoints = [.. Enumerable.Range(0, 20).Select(_ => keeper.CheckpointAsync(() => Data(1)))];
        await keeper.DisposeAsync();
        await keeper.CheckpointAsync(() => Data(1));
        await keeper.DisposeAsync();
        keeper.PieceVerified(1);
        await Task.WhenAll(checkpoints);

        Assert.True(store.IsDisposed && !store.WasTouchedAfterwards);
    }

    private static ResumeKeeper Make(MemoryResumeStore store, DiskWorkers workers, TimeProvider? time = null)
    {
        var layout = new FileLayout(Path.GetTempPath(), "none", 10, [("none", 40, true)]);
        return new ResumeKeeper(store, new TorrentStorage(layout, new FileHandlePool()), workers, 4, time ?? TimeProvider.System);
    }

    private static ResumeData Data(int piece)
    {
        var verified = new Bitfield(4);
        verified.Set(piece);
        return new ResumeData { Verified = verified, Destination = "/" };
    }
}
