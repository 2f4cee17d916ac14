using System.Text.Json.Serialization.Metadata;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Rpc;

/// <summary>A request that this side has sent and whose response has not arrived.</summary>
/// <param name="purpose">What the method does, for errors.</param>
internal abstract class PendingCall(string purpose)
{
    /// <summary>Whether it may take long, so that it is counted separately.</summary>
    public bool IsLong { get; init; }

    /// <summary>What the method does.</summary>
    protected string Purpose => purpose;

    /// <summary>Takes the result; called on the loop that reads.</summary>
    public abstract void Complete(RpcValue result);

    /// <summary>Fails.</summary>
    public abstract void Fail(Exception fault);

    /// <summary>Fails with an error from the other side.</summary>
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

    /// <summary>Its result.</summary>
    public Task<TResult> Result => _result.Task;

    /// <summary>Cancels the wait; a later response is ignored.</summary>
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
