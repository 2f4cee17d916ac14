using System.Management.Automation;
using TorrentPatron.Engine.Client;
using TorrentPatron.PowerShell.Pipeline;
using TorrentPatron.Protocol;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.PowerShell.Output;

/// <summary>Writes to a cmdlet's pipeline, on its thread.</summary>
/// <param name="cmdlet">The cmdlet.</param>
/// <param name="pump">Runs code on the pipeline thread.</param>
/// <param name="agree">Asks whether to do an action to a target.</param>
internal sealed class CmdletOutput(PSCmdlet cmdlet, PipelinePump pump, Func<string, string, bool> agree) : ICommandOutput
{
    private const int ActivityId = 0x7061; // any number that other cmdlets are not likely to use

    /// <summary>Prefix that makes a path a file system path, wherever the session's location is.</summary>
    private const string FileSystem = @"Microsoft.PowerShell.Core\FileSystem::";

    private string? _activity;

    public Task EmitAsync(object value) => DoAsync(() => cmdlet.WriteObject(value, enumerateCollection: false));

    public Task EmitFileAsync(string path) => DoAsync(() => cmdlet.WriteObject(FileItem(path)));

    public Task FailAsync(CommandFailure failure) => DoAsync(() => cmdlet.WriteError(Record(failure)));

    public Task WarnAsync(string message) => DoAsync(() => cmdlet.WriteWarning(message));

    public Task TellAsync(string message) => DoAsync(() => cmdlet.WriteVerbose(message));

    public Task DebugAsync(string message) => DoAsync(() => cmdlet.WriteDebug(message));

    public Task<bool> ShouldProcessAsync(string target, string action) =>
        pump.OnPipelineThreadAsync(() => agree(target, action));

    public Task ReportAsync(ProgressNote note) => DoAsync(() =>
    {
        _activity = note.Activity;
        cmdlet.WriteProgress(Record(note));
    });

    /// <summary>Removes the progress bar, if one is shown. On the pipeline thread.</summary>
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
            // PowerShell then removes the bar.
        }
    }

    /// <summary>Progress as PowerShell's record.</summary>
    internal static ProgressRecord Record(ProgressNote note) => new(ActivityId, note.Activity, note.Status)
    {
        PercentComplete = note.Percent,
        SecondsRemaining = note.TimeLeft is { } left ? (int)left.TotalSeconds : -1,
    };

    /// <summary>A failure as PowerShell's record.</summary>
    internal static ErrorRecord Record(CommandFailure failure)
    {
        var record = new ErrorRecord(
            new TorrentException(failure.Error, failure.Cause), failure.Error.Id, CategoryOf(failure.Error.Id), failure.Target)
        {
            ErrorDetails = new ErrorDetails(failure.Error.Message) { RecommendedAction = failure.Error.Remedy },
        };
        // The target object stays as it was given; what PowerShell shows of it is text.
        if (failure.Target?.ToString() is { } target)
            record.CategoryInfo.TargetName = DisplayText.Clean(target);
        return record;
    }

    /// <summary>The file as PowerShell's provider returns it, with properties for the view, such as UnixMode, User and Size.</summary>
    private object FileItem(string path)
    {
        try
        {
            return cmdlet.InvokeProvider.Item.Get([FileSystem + path], force: true, literalPath: true).FirstOrDefault() ?? (object)new FileInfo(path);
        }
        catch (Exception fault) when (fault is ItemNotFoundException or IOException or UnauthorizedAccessException)
        {
            // The file was written; a later change to it is not this command's failure.
            return new FileInfo(path);
        }
    }

    private static ErrorCategory CategoryOf(string id) => id switch
    {
        TorrentErrorId.InvalidTorrent or TorrentErrorId.StateDamaged => ErrorCategory.InvalidData,
        TorrentErrorId.UnsupportedSource or CommandErrors.InvalidArgument => ErrorCategory.InvalidArgument,
        TorrentErrorId.SourceNotReadable or TorrentErrorId.FilterNotReadable or TorrentErrorId.DiskReadFailed or CommandErrors.StateUnreadable => ErrorCategory.ReadError,
        TorrentErrorId.DataIncomplete or TorrentErrorId.TorrentNotFound or TorrentErrorId.EngineNotFound or CommandErrors.PatronNotFound
            or TorrentErrorId.FileNotFound or TorrentErrorId.HookNotFound or CommandErrors.TrackerNotFound =>
            ErrorCategory.ObjectNotFound,
        TorrentErrorId.TorrentInUse or TorrentErrorId.PathInUse => ErrorCategory.ResourceBusy,
        TorrentErrorId.InsufficientDiskSpace or TorrentErrorId.ListenFailed or TorrentErrorId.NetworkDown or TorrentErrorId.InterfaceNotBound => ErrorCategory.ResourceUnavailable,
        TorrentErrorId.DestinationNotWritable or TorrentErrorId.DiskWriteFailed or TorrentErrorId.StateNotWritable =>
            ErrorCategory.WriteError,
        TorrentErrorId.TrackerFailed or TorrentErrorId.ProxyUnreachable or TorrentErrorId.ProxyHostUnreachable => ErrorCategory.ConnectionError,
        TorrentErrorId.ProxyCredentialRefused => ErrorCategory.AuthenticationError,
        TorrentErrorId.ProxyRefused => ErrorCategory.PermissionDenied,
        TorrentErrorId.PatronStopped or TorrentErrorId.TorrentNotActive or TorrentErrorId.MetadataMissing => ErrorCategory.InvalidOperation,
        TorrentErrorId.TimeoutReached or TorrentErrorId.TorrentStalled or TorrentErrorId.MetadataTimeout =>
            ErrorCategory.OperationTimeout,
        TorrentErrorId.ServiceUnavailable => ErrorCategory.ConnectionError,
        TorrentErrorId.ServiceRunning => ErrorCategory.ResourceExists,
        TorrentErrorId.ServiceVersionMismatch => ErrorCategory.InvalidOperation,
        TorrentErrorId.ServiceAccessDenied or TorrentErrorId.DestinationNotAllowed => ErrorCategory.PermissionDenied,
        TorrentErrorId.ServiceFolderUnsafe => ErrorCategory.SecurityError,
        TorrentErrorId.NotSupported => ErrorCategory.NotImplemented,
        TorrentErrorId.HookNotRun => ErrorCategory.OpenError,
        TorrentErrorId.CheckInterrupted => ErrorCategory.OperationStopped,
        TorrentErrorId.MoveFailed => ErrorCategory.WriteError,
        TorrentErrorId.FileInUse => ErrorCategory.ResourceBusy,
        TorrentErrorId.NothingSelected => ErrorCategory.InvalidArgument,
        TorrentErrorId.ForeignFile or CommandErrors.FileExists => ErrorCategory.ResourceExists,
        _ => ErrorCategory.NotSpecified,
    };

    private Task<object?> DoAsync(Action action) => pump.OnPipelineThreadAsync<object?>(() =>
    {
        action();
        return null;
    });
}
