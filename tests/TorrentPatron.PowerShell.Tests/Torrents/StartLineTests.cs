using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Torrents;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Tests.Torrents;

public sealed class StartLineTests : IAsyncDisposable
{
    private readonly ScriptedSession _session = new();
    private readonly Clock _clock = new();
    private readonly List<object> _taken = [];
    private readonly List<TaskCompletionSource<TorrentAnswer>> _asked = [];
    private readonly StartLine _line;

    public StartLineTests() => _line = new StartLine(
        async start =>
        {
            await start.Answer;
            _taken.Add(start.Target);
        },
        _clock);

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    [Fact]
    public async Task The_first_result_is_taken_before_a_second_start()
    {
        Ask();
        Assert.True(_line.IsFull);
        Task taking = _line.TakeSomeAsync();
        Assert.False(taking.IsCompleted);
        Answer(0);
        await taking;

        Assert.Equal([0], _taken);
        Assert.False(_line.IsFull);
    }

    [Fact]
    public async Task At_most_sixteen_starts_are_pending_and_results_are_taken_in_order()
    {
        int most = 0;
        while (_asked.Count < 100)
        {
            Ask();
            most = Math.Max(most, _asked.Count - _taken.Count);
            if (!_line.IsFull)
                continue;

            // The oldest completes last.
            for (int index = _asked.Count - 1; index >= _taken.Count; index--)
                Answer(index);
            await _line.TakeSomeAsync();
        }

        for (int index = _taken.Count; index < _asked.Count; index++)
            Answer(index);
        await _line.TakeAllAsync();

        Assert.Equal(StartLine.MostAtOnce, most);
        Assert.Equal(Enumerable.Range(0, 100).Cast<object>(), _taken);
        Assert.True(_line.IsEmpty);
    }

    [Fact]
    public async Task A_ready_result_is_taken_with_earlier_ones_without_waiting_for_later_ones()
    {
        Ask();
        Answer(0);
        await _line.TakeSomeAsync();
        Ask();
        Ask();
        Answer(1);
        await _line.TakeSomeAsync();

        Assert.Equal([0, 1], _taken);
        Assert.False(_line.IsEmpty);
    }

    [Fact]
    public async Task After_a_pause_a_start_and_the_remaining_earlier_ones_are_taken_at_once()
    {
        for (int index = 0; index < 5; index++)
        {
            Ask();
            Answer(index);
            if (_line.IsFull)
                await _line.TakeSomeAsync();
        }

        Assert.False(_line.IsEmpty);
        _clock.Now += StartLine.LongestPause + TimeSpan.FromMilliseconds(1);
        Ask();
        Assert.True(_line.IsFull);
        Answer(5);
        await _line.TakeSomeAsync();

        Assert.Equal([0, 1, 2, 3, 4, 5], _taken);
        Assert.True(_line.IsEmpty);
    }

    private void Ask()
    {
        var answer = new TaskCompletionSource<TorrentAnswer>();
        Patron patron = _session.Patrons.Default();
        _line.Add(new PendingStart(patron, answer.Task, _asked.Count));
        _asked.Add(answer);
    }

    private void Answer(int index) => _asked[index].TrySetResult(
        new TorrentStartFail(default, index, new TorrentError(TorrentErrorId.Unexpected, "No.", "None.")));

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
