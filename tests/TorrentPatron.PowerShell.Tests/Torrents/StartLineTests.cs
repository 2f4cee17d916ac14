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
    public async Task The_first_is_taken_before_a_second_is_asked_for()
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
    public async Task At_most_sixteen_are_open_and_all_are_taken_in_their_order()
    {
        int most = 0;
        while (_asked.Count < 100)
        {
            Ask();
            most = Math.Max(most, _asked.Count - _taken.Count);
            if (!_line.IsFull)
                continue;

            // The oldest comes last.
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
    public async Task One_that_is_there_is_taken_with_those_before_it_without_waiting_for_those_behind_it()
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
    public async Task What_comes_after_a_pause_is_taken_at_once_and_what_was_left_before_it()
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
