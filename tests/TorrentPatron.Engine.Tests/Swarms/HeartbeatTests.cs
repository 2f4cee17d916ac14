using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Hosting;
using TorrentPatron.Engine.Tests.Diagnostics;
using TorrentPatron.Protocol;

namespace TorrentPatron.Engine.Tests.Swarms;

public sealed class HeartbeatTests
{
    [Fact]
    public async Task A_torrent_that_throws_in_the_heartbeat_is_ended_with_the_stack_recorded_and_the_others_continue()
    {
        using var stop = new CancellationTokenSource();
        var time = new FakeTimeProvider();
        Torrent first = new(0xb1), broken = new(0xb2) { Fault = new InvalidOperationException("A mistake.") }, last = new(0xb3);
        var ended = new TaskCompletionSource<(TorrentId, TorrentError)>();
        var faults = new FaultHandler { FailTorrent = (torrent, error) => ended.TrySetResult((torrent, error)) };
        using var log = new EventLog(broken.TorrentId);

        Task beating = new Heartbeat(() => [first, broken, last], faults).RunAsync(time, stop.Token);
        for (int beat = 1; beat <= 3; beat++)
        {
            time.Advance(Heartbeat.Interval);
            await TestEngine.UntilAsync(() => last.Ticks == beat);
            Assert.Equal((beat, beat), (first.Ticks, broken.Ticks));
        }

        (TorrentId torrent, TorrentError error) = await ended.Task.WaitAsync(TestEngine.Patience, TestContext.Current.CancellationToken);
        Assert.Equal((broken.TorrentId, TorrentErrorId.Unexpected), (torrent, error.Id));
        IReadOnlyDictionary<string, object?> told = await log.NextAsync("FaultCaught");
        Assert.Equal("engine's beat", told["root"]);
        Assert.Contains($"{nameof(Torrent)}.{nameof(Torrent.Tick)}", (string)told["stack"]!, StringComparison.Ordinal);
        await stop.CancelAsync();
        await beating;
    }

    [Fact]
    public async Task A_fault_in_the_engines_own_work_is_recorded_and_the_torrents_continue()
    {
        using var stop = new CancellationTokenSource();
        var time = new FakeTimeProvider();
        var torrent = new Torrent(0xb8);
        var faults = new FaultHandler();

        Task beating = new Heartbeat(() => [torrent], faults, static () => throw new InvalidOperationException("A mistake.")).RunAsync(time, stop.Token);
        for (int beat = 1; beat <= 3; beat++)
        {
            time.Advance(Heartbeat.Interval);
            await TestEngine.UntilAsync(() => torrent.Ticks == beat);
        }

        await stop.CancelAsync();
        await beating;
        Assert.Contains("A mistake.", faults.Warning?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idle_torrent_is_visited_in_one_beat_of_eight()
    {
        using var stop = new CancellationTokenSource();
        var time = new FakeTimeProvider();
        Torrent busy = new(0xb4), resting = new(0xb5) { IsResting = true };

        Task beating = new Heartbeat(() => [busy, resting], new FaultHandler()).RunAsync(time, stop.Token);
        for (int beat = 1; beat <= 16; beat++)
        {
            time.Advance(Heartbeat.Interval);
            await TestEngine.UntilAsync(() => busy.Ticks == beat);
        }

        await stop.CancelAsync();
        await beating;
        Assert.Equal(2, resting.Ticks);
    }

    [Fact]
    public async Task A_thousand_of_many_idle_torrents_are_visited_per_beat()
    {
        using var stop = new CancellationTokenSource();
        var time = new FakeTimeProvider();
        var busy = new Torrent(0xb6);
        Torrent[] resting = [.. Enumerable.Repeat(0, 20_000).Select(_ => new Torrent(0xb7) { IsResting = true })];

        Task beating = new Heartbeat(() => [.. resting, busy], new FaultHandler()).RunAsync(time, stop.Token);
        for (int beat = 1; beat <= 20; beat++)
        {
            time.Advance(Heartbeat.Interval);
            await TestEngine.UntilAsync(() => busy.Ticks == beat);
            Assert.Equal(1_000 * beat, resting.Sum(torrent => torrent.Ticks));
        }

        await stop.CancelAsync();
        await beating;
        Assert.All(resting, torrent => Assert.Equal(1, torrent.Ticks));
    }

    private sealed class Torrent(byte id) : ITicking
    {
        private int _ticks;

        public TorrentId TorrentId { get; } = new(new InfoHash([.. Enumerable.Repeat(id, InfoHash.Length)]));

        public bool IsResting { get; init; }

        public Exception? Fault { get; init; }

        public int Ticks => Volatile.Read(ref _ticks);

        public void Tick()
        {
            Interlocked.Increment(ref _ticks);
            if (Fault is { } fault)
                throw fault;
        }
    }
}
