using System.Management.Automation;
using TorrentPatron.PowerShell.Output;

namespace TorrentPatron.PowerShell.Jobs;

/// <summary>Writes to a job's streams, from any thread.</summary>
internal sealed class JobOutput(Job job) : ICommandOutput
{
    private volatile bool _hasFailed;

    /// <summary>Whether a failure was reported.</summary>
    public bool HasFailed => _hasFailed;

    public Task EmitAsync(object value) => Add(job.Output, PSObject.AsPSObject(value));

    public Task FailAsync(CommandFailure failure)
    {
        _hasFailed = true;
        return Add(job.Error, CmdletOutput.Record(failure));
    }

    public Task WarnAsync(string message) => Add(job.Warning, new WarningRecord(message));

    public Task TellAsync(string message) => Add(job.Verbose, new VerboseRecord(message));

    public Task DebugAsync(string message) => Add(job.Debug, new DebugRecord(message));

    public Task ReportAsync(ProgressNote note)
    {
        // A job may run for days unread: the latest note is enough.
        job.Progress.Clear();
        return Add(job.Progress, CmdletOutput.Record(note));
    }

    /// <summary>Always agrees: the command that made the job has asked already.</summary>
    public Task<bool> ShouldProcessAsync(string target, string action) => Task.FromResult(true);

    private static Task Add<T>(PSDataCollection<T> stream, T item)
    {
        if (stream.IsOpen)
            stream.Add(item);
        return Task.CompletedTask;
    }
}
