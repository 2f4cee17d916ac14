using System.Diagnostics.Tracing;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.PowerShell.Tests.Torrents;

namespace TorrentPatron.PowerShell.Tests.Output;

public sealed class TorrentTraceTests
{
    private static readonly string Ours = new('a', 40);
    private static readonly string Others = new('b', 40);

    [Theory]
    [InlineData(true, true, new[] { "ours: x is banned: It lied." }, new[] { "ours: y was not reached: No." })]
    [InlineData(true, false, new[] { "ours: x is banned: It lied." }, new string[0])]
    [InlineData(false, true, new string[0], new[] { "ours: x is banned: It lied.", "ours: y was not reached: No." })]
    public async Task Events_of_the_cmdlets_torrents_are_written_by_their_level(bool isVerbose, bool isDebug, string[] told, string[] debugged)
    {
        using var trace = new TorrentTrace(isVerbose, isDebug) { NameOf = id => id == Ours ? "ours" : null };
        var output = new RecordedOutput();
        await trace.WriteWhileAsync(
            Task.Run(
                () =>
                {
                    Tell(2, Ours, "x", "It lied.");
                    Tell(2, Others, "x", "It lied.");
                    Tell(4, Ours, "y", "No.");
                },
                TestContext.Current.CancellationToken),
            output, TestContext.Current.CancellationToken);
        Assert.Equal(told, output.Told);
        Assert.Equal(debugged, output.Debugged);
    }

    [Fact]
    public async Task A_fault_is_written_with_its_stack()
    {
        using var trace = new TorrentTrace(isVerbose: true, isDebug: true) { NameOf = id => id == Ours ? "ours" : null };
        var output = new RecordedOutput();
        Tell(10, Ours, "announcer", "IOException: No.", "at Here()");
        await trace.WriteWhileAsync(Task.CompletedTask, output, TestContext.Current.CancellationToken);
        Assert.Equal(["ours: A fault in the announcer: IOException: No."], output.Told);
        Assert.Equal(["at Here()"], output.Debugged);
    }

    [Fact]
    public async Task The_oldest_events_are_dropped_and_counted_when_too_many_are_waiting()
    {
        using var trace = new TorrentTrace(isVerbose: false, isDebug: true) { NameOf = id => id == Ours ? "ours" : null };
        for (int i = 0; i < TorrentTrace.MostWaiting + 10; i++)
            Tell(4, Ours, $"{i}", "No.");
        var output = new RecordedOutput();
        await trace.WriteWhileAsync(Task.CompletedTask, output, TestContext.Current.CancellationToken);
        Assert.Equal("ours: 10 was not reached: No.", output.Debugged.First());
        Assert.Equal("10 events were dropped: they came faster than they could be written.", output.Debugged.Last());
    }

    [Fact]
    public async Task Failing_work_fails_unchanged_after_its_events_are_written()
    {
        using var trace = new TorrentTrace(isVerbose: false, isDebug: true) { NameOf = _ => "ours" };
        var output = new RecordedOutput();
        Tell(4, Ours, "y", "No.");
        await Assert.ThrowsAsync<FormatException>(() => trace.WriteWhileAsync(
            Task.FromException(new FormatException()), output, TestContext.Current.CancellationToken));
        Assert.Contains("ours: y was not reached: No.", output.Debugged);
    }

    /// <summary>Writes an event as the engine does, whose own methods are internal.</summary>
    private static void Tell(int id, params object[] payload)
    {
        System.Reflection.MethodInfo method = typeof(EngineEvents).GetMethods(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)
            .Single(one => one.GetCustomAttributes(typeof(EventAttribute), inherit: false) is [EventAttribute told] && told.EventId == id);
        method.Invoke(EngineEvents.Log, payload);
    }
}
