using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Tests.Storage;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class ResumeKeeperTests
{
    [Fact]
    public async Task A_piece_verified_during_a_checkpoint_is_noted_again_after_it()
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
    public async Task A_checkpoint_is_due_five_seconds_after_a_change_and_again_if_it_failed()
    {
        var store = new MemoryResumeStore();
        var time = new FakeTimeProvider();
        await using var workers = new DiskWorkers(1);
        await using ResumeKeeper keeper = Make(store, workers, time);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(keeper.IsDue(default));
        keeper.PieceVerified(1);
        Assert.True(keeper.IsDue(default));

        store.OnCheckpoint = () => throw new IOException("full");
        await keeper.CheckpointAsync(() => Data(1));
        Assert.NotNull(keeper.Warning);
        Assert.False(keeper.IsDue(default));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(keeper.IsDue(default));

        store.OnCheckpoint = static () => { };
        await keeper.CheckpointAsync(() => Data(1));
        Assert.Null(keeper.Warning);
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.False(keeper.IsDue(default));
    }

    [Fact]
    public async Task Nothing_is_saved_once_the_store_has_been_returned()
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

        Assert.True(store.IsDisposed && !store.WasUsedAfterDispose);
    }

    [Fact]
    public async Task Totals_are_saved_each_minute_while_bytes_flow()
    {
        var store = new MemoryResumeStore();
        var time = new FakeTimeProvider();
        await using var workers = new DiskWorkers(1);
        await using ResumeKeeper keeper = Make(store, workers, time);
        await keeper.CheckpointAsync(() => Data(1) with { BytesSent = 10 });
        var totals = new TransferTotals(Received: 0, Sent: 11, Seeding: TimeSpan.Zero);
        Assert.True(keeper.IsDirty(totals));
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(keeper.IsDue(totals));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(keeper.IsDue(totals));
        Assert.True(keeper.IsDue(totals with { Sent = 10, Received = 1 }));

        await keeper.CheckpointAsync(() => Data(1) with { BytesSent = 11 });
        time.Advance(TimeSpan.FromDays(1));
        Assert.False(keeper.IsDirty(totals) || keeper.IsDue(totals));
    }

    [Fact]
    public async Task Loaded_totals_need_not_be_saved_again()
    {
        var store = new MemoryResumeStore { Data = Data(1) with { BytesSent = 7, BytesReceived = 8, SeedingTime = TimeSpan.FromHours(9) } };
        var time = new FakeTimeProvider();
        await using var workers = new DiskWorkers(1);
        await using ResumeKeeper keeper = Make(store, workers, time);
        await keeper.LoadAsync();
        time.Advance(TimeSpan.FromDays(1));

        Assert.False(keeper.IsDue(new TransferTotals(8, 7, TimeSpan.FromHours(9))));
        Assert.True(keeper.IsDue(new TransferTotals(8, 8, TimeSpan.FromHours(9))));
    }

    [Theory]
    [InlineData(0, 0.5, 1)]
    [InlineData(2, 0.5, 1)]
    [InlineData(100, 5, 10)]
    public async Task Seeding_time_alone_is_saved_when_it_has_grown_by_a_tenth_or_an_hour(double savedHours, double atLeast, double atMost)
    {
        var store = new MemoryResumeStore { Data = Data(1) with { SeedingTime = TimeSpan.FromHours(savedHours) } };
        var time = new FakeTimeProvider();
        await using var workers = new DiskWorkers(1);
        await using ResumeKeeper keeper = Make(store, workers, time);
        await keeper.LoadAsync();
        time.Advance(TimeSpan.FromDays(1));

        Assert.False(keeper.IsDirty(Seeded(atMost + 1)));
        Assert.False(keeper.IsDue(Seeded(atLeast)));
        Assert.True(keeper.IsDue(Seeded(atMost + 0.01)));

        TransferTotals Seeded(double hours) => new(0, 0, TimeSpan.FromHours(savedHours + hours));
    }

    [Fact]
    public async Task A_warning_remains_until_the_state_is_saved_and_is_reported_once()
    {
        var store = new MemoryResumeStore { OnCheckpoint = () => throw new IOException("full") };
        var told = new List<string?>();
        await using var workers = new DiskWorkers(1);
        await using ResumeKeeper keeper = Make(store, workers, warningChanged: warning => told.Add(warning?.Id));
        await keeper.CheckpointAsync(() => Data(1));
        keeper.PieceVerified(2);
        Assert.Equal(TorrentErrorId.StateNotWritable, keeper.Warning?.Id);
        await keeper.CheckpointAsync(() => Data(1));
        Assert.Equal([TorrentErrorId.StateNotWritable], told);

        store.OnCheckpoint = static () => { };
        await keeper.CheckpointAsync(() => Data(1));
        Assert.Null(keeper.Warning);
        store.OnCheckpoint = () => throw new UnauthorizedAccessException("not yours");
        await keeper.CheckpointAsync(() => Data(1));

        Assert.Equal([TorrentErrorId.StateNotWritable, null, TorrentErrorId.StateNotWritable], told);
    }

    private static ResumeKeeper Make(
        MemoryResumeStore store, DiskWorkers workers, TimeProvider? time = null, Action<TorrentError?>? warningChanged = null)
    {
        var layout = new FileLayout(Path.GetTempPath(), "none", 10, [("none", 40, true)]);
        var keeper = new ResumeKeeper(store, workers, time ?? TimeProvider.System, new Random(1), warningChanged ?? (static _ => { }));
        keeper.Know(new TorrentStorage(layout, new FileHandlePool()));
        return keeper;
    }

    private static ResumeData Data(int piece)
    {
        var verified = new Bitfield(4);
        verified.Set(piece);
        return new ResumeData { Verified = verified, Destination = "/" };
    }
}
