using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Pipeline;
using TorrentPatron.Service;

namespace TorrentPatron.PowerShell.Output;

/// <summary>Writes to a cmdlet's pipeline, on its thread.</summary>
internal sealed class CmdletOutput(PSCmdlet cmdlet, PipelinePump pump) : ICommandOutput
{
    private const int ActivityId = 0x7061; // any number that other cmdlets are not likely to use

    private string? _activity;

    public Task EmitAsync(object value) => DoAsync(() => cmdlet.WriteObject(value, enumerateCollection: false));

    public Task FailAsync(CommandFailure failure) => DoAsync(() => cmdlet.WriteError(Record(failure)));

    public Task WarnAsync(string message) => DoAsync(() => cmdlet.WriteWarning(message));

    public Task<bool> ShouldProcessAsync(string target, string action) =>
        pump.OnPipelineThreadAsync(() => cmdlet.ShouldProcess(target, action));

    public Task ReportAsync(ProgressNote note) => DoAsync(() =>
    {
        _activity = note.Activity;
        cmdlet.WriteProgress(new ProgressRecord(ActivityId, note.Activity, note.Status)
        {
            PercentComplete = note.Percent,
            SecondsRemaining = note.TimeLeft is { } left ? (int)left.TotalSeconds : -1,
        });
    });

    /// <summary>Takes the progress bar away, if one was shown. On the pipeline thread.</summary>
    public void EndProgress()
    {
        if (_activity is not { } activity)
            return;

        _activity = null;
        try
        {
            cmdlet.WriteProgress(new ProgressRecord(ActivityId, activity, "Done") { RecordType = ProgressRecordType.Completed });
        }
        catch (PipelineStoppedException)
        {
            // Then PowerShell takes it away.
        }
    }

    /// <summary>A failure as PowerShell has it.</summary>
    internal static ErrorRecord Record(CommandFailure failure) =>
        new(new TorrentException(failure.Error, failure.Cause), failure.Error.Id, CategoryOf(failure.Error.Id), failure.Target)
        {
            ErrorDetails = new ErrorDetails(failure.Error.Message) { RecommendedAction = failure.Error.Remedy },
        };

    private static ErrorCategory CategoryOf(string id) => id switch
    {
        TorrentErrorId.InvalidTorrent or TorrentErrorId.StateDamaged => ErrorCategory.InvalidData,
        TorrentErrorId.UnsupportedSource or CommandErrors.InvalidArgument => ErrorCategory.InvalidArgument,
        TorrentErrorId.SourceNotReadable or TorrentErrorId.DiskReadFailed => ErrorCategory.ReadError,
        TorrentErrorId.TorrentNotFound or TorrentErrorId.EngineNotFound or CommandErrors.PatronNotFound =>
            ErrorCategory.ObjectNotFound,
        TorrentErrorId.TorrentInUse => ErrorCategory.ResourceBusy,
        TorrentErrorId.InsufficientDiskSpace or TorrentErrorId.ListenFailed => ErrorCategory.ResourceUnavailable,
        TorrentErrorId.DestinationNotWritable or TorrentErrorId.DiskWriteFailed or TorrentErrorId.StateNotWritable =>
            ErrorCategory.WriteError,
        TorrentErrorId.TrackerFailed => ErrorCategory.ConnectionError,
        TorrentErrorId.PatronStopped => ErrorCategory.InvalidOperation,
        TorrentErrorId.TimeoutReached => ErrorCategory.OperationTimeout,
        CommandErrors.FileExists => ErrorCategory.ResourceExists,
        _ => ErrorCategory.NotSpecified,
    };

    private Task<object?> DoAsync(Action action) => pump.OnPipelineThreadAsync<object?>(() =>
    {
        action();
        return null;
    });
}
