using System.Collections.Concurrent;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Tests.Torrents;

/// <summary>Records a command's output.</summary>
internal sealed class RecordedOutput : ICommandOutput
{
    public ConcurrentQueue<object> Written { get; } = new();

    public ConcurrentQueue<CommandFailure> Failures { get; } = new();

    public ConcurrentQueue<string> Warnings { get; } = new();

    public ConcurrentQueue<string> Told { get; } = new();

    public ConcurrentQueue<string> Debugged { get; } = new();

    public ConcurrentQueue<ProgressNote> Progress { get; } = new();

    public ConcurrentQueue<string> Questions { get; } = new();

    public bool Agrees { get; init; } = true;

    public Task EmitAsync(object value) => Keep(Written, value);

    public Task FailAsync(CommandFailure failure) => Keep(Failures, failure);

    public Task WarnAsync(string message) => Keep(Warnings, message);

    public Task TellAsync(string message) => Keep(Told, message);

    public Task DebugAsync(string message) => Keep(Debugged, message);

    public Task ReportAsync(ProgressNote note) => Keep(Progress, note);

    public Task<bool> ShouldProcessAsync(string target, string action)
    {
        Questions.Enqueue($"{action}: {target}");
        return Task.FromResult(Agrees);
    }

    private static Task Keep<T>(ConcurrentQueue<T> queue, T value)
    {
        queue.Enqueue(value);
        return Task.CompletedTask;
    }
}
