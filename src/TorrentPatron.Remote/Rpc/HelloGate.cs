using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Rpc;

/// <summary>The service's side of hello: refuses everything else until the versions have been compared.</summary>
/// <param name="own">The service's hello.</param>
/// <param name="open">Creates the handler for everything after hello; called once, with the client's hello.</param>
/// <param name="cutOff">Returns why an earlier connection of the client was dropped; null if nobody remembers that.</param>
internal sealed class HelloGate(Hello own, Func<Hello, IRpcHandler> open, Func<Hello, TorrentError?>? cutOff = null) : IRpcHandler
{
    private readonly TaskCompletionSource<RpcClosure?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IRpcHandler? _inner;

    /// <summary>Completes with null after a compatible hello, otherwise with why the connection ends.</summary>
    public Task<RpcClosure?> Outcome => _outcome.Task;

    /// <inheritdoc/>
    public bool IsLong(string method) => _inner?.IsLong(method) == true;

    /// <inheritdoc/>
    public ValueTask<RpcResult> HandleAsync(RpcRequest request, CancellationToken cancellationToken)
    {
        if (request.Method == Hello.Method.Name)
            return ValueTask.FromResult(Greet(request.Params));
        if (_inner is { } inner)
            return inner.HandleAsync(request, cancellationToken);
        throw Refuse(new RpcError(RpcErrorCode.InvalidRequest), RemoteErrors.NoHello);
    }

    /// <inheritdoc/>
    public ValueTask NotifyAsync(RpcNotification notification, CancellationToken cancellationToken) =>
        _inner?.NotifyAsync(notification, cancellationToken) ?? ValueTask.CompletedTask;

    private RpcResult Greet(RpcValue json)
    {
        if (_outcome.Task.IsCompleted)
            throw new RpcException(RpcErrorCode.InvalidRequest);
        if (!json.TryRead(Hello.Method.Params, out Hello said))
            throw Refuse(new RpcError(RpcErrorCode.InvalidParams), RemoteErrors.NoHello);

        Hello client = said.Cleaned();
        if (Hello.Compare(client, own) is { } mismatch)
            throw Refuse(new RpcError(RpcErrorCode.Failed, mismatch), new RpcClosure(RpcClosureCause.HelloFailed, mismatch));

        _inner = open(client);
        _outcome.TrySetResult(null);
        return RpcResult.Of(own.To(cutOff?.Invoke(client)), Hello.Method.Result);
    }

    private RpcRefusedException Refuse(RpcError error, RpcClosure closure)
    {
        _outcome.TrySetResult(closure);
        return new RpcRefusedException(error, closure);
    }
}
