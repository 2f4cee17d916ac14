using TorrentPatron.Engine.Client;

namespace TorrentPatron.Remote.Rpc;

/// <summary>The service's side of hello: lets nothing else through before it, and the versions agree.</summary>
/// <param name="own">What the service says of itself.</param>
/// <param name="open">Makes what answers from then on; called once, with what the client said.</param>
/// <param name="cutOff">Says why an earlier connection of the client was cut off; null: nobody remembers.</param>
internal sealed class HelloGate(Hello own, Func<Hello, IRpcHandler> open, Func<Hello, TorrentError?>? cutOff = null) : IRpcHandler
{
    private readonly TaskCompletionSource<RpcClosure?> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IRpcHandler? _inner;

    /// <summary>Ends with null after a hello that agrees, else with why the connection ends.</summary>
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
