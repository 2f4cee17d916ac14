using System.Text.Json.Serialization.Metadata;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A request that this side has sent, until its response is here.</summary>
/// <param name="purpose">What the method does, for errors.</param>
internal abstract class PendingCall(string purpose)
{
    /// <summary>Whether it may take long, and is counted apart.</summary>
    public bool IsLong { get; init; }

    /// <summary>What the method does.</summary>
    protected string Purpose => purpose;

    /// <summary>Takes the result; called by the loop that reads.</summary>
    public abstract void Complete(RpcValue result);

    /// <summary>Fails.</summary>
    public abstract void Fail(Exception fault);

    /// <summary>Takes an error of the other side's.</summary>
    public void Fail(RpcError error) => Fail(new TorrentException(
        error switch
        {
            { Code: RpcErrorCode.Failed, Details: { } details } => details,
            { Code: RpcErrorCode.MethodNotFound } => RemoteErrors.NotKnown(Purpose),
            _ => RemoteErrors.Refused(Purpose, error.Code),
        },
        new RpcException(error.Code)));
}

/// <summary>A request whose result is read by generated code.</summary>
/// <param name="purpose">What the method does, for errors.</param>
/// <param name="type">How the result is read.</param>
internal sealed class PendingCall<TResult>(string purpose, JsonTypeInfo<TResult> type) : PendingCall(purpose)
{
    private readonly TaskCompletionSource<TResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What comes of it.</summary>
    public Task<TResult> Result => _result.Task;

    /// <summary>Ends the waiting; what comes later is dropped.</summary>
    public bool TryCancel(CancellationToken token) => _result.TrySetCanceled(token);

    public override void Complete(RpcValue result)
    {
        if (_result.Task.IsCompleted)
            return;
        if (result.TryRead(type, out TResult value))
            _result.TrySetResult(value);
        else
            _result.TrySetException(new TorrentException(RemoteErrors.NotUnderstood(Purpose)));
    }

    public override void Fail(Exception fault) => _result.TrySetException(fault);
}
