using TorrentPatron.Engine.Client;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Rpc;

/// <summary>The methods of one side, by name. Add them before the connection starts.</summary>
internal sealed class RpcMethodTable : IRpcHandler
{
    private readonly Dictionary<string, Func<RpcValue, CancellationToken, ValueTask<RpcResult>>> _methods = new(StringComparer.Ordinal);
    private readonly HashSet<string> _long = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<RpcValue, CancellationToken, ValueTask>> _notices = new(StringComparer.Ordinal);

    /// <summary>The names of the methods, for a list of features or for a test of the documentation.</summary>
    public IEnumerable<string> Methods => _methods.Keys;

    /// <summary>Returns why a method may not be called, or null; unset allows all methods.</summary>
    public Func<string, TorrentError?>? Refuse { get; init; }

    /// <summary>Adds a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="handle">Handles it; see <see cref="IRpcHandler.HandleAsync"/>.</param>
    /// <returns>This table.</returns>
    public RpcMethodTable Add<TParams, TResult>(RpcMethod<TParams, TResult> method, Func<TParams, CancellationToken, ValueTask<TResult>> handle)
    {
        _methods.Add(method.Name, HandleAsync);
        if (method.IsLong)
            _long.Add(method.Name);
        return this;

        // Not async: the params must be read before this returns.
        ValueTask<RpcResult> HandleAsync(RpcValue json, CancellationToken cancellationToken)
        {
            if (!json.TryRead(method.Params, out TParams parameters))
                throw new RpcException(RpcErrorCode.InvalidParams);
            return WrapAsync(handle(parameters, cancellationToken));
        }

        async ValueTask<RpcResult> WrapAsync(ValueTask<TResult> running) =>
            RpcResult.Of(await running.ConfigureAwait(false), method.Result);
    }

    /// <summary>Adds a kind of notification; those with invalid params are ignored.</summary>
    /// <param name="notice">The kind.</param>
    /// <param name="handle">Handles it; see <see cref="IRpcHandler.NotifyAsync"/>.</param>
    /// <returns>This table.</returns>
    public RpcMethodTable Add<TParams>(RpcNotice<TParams> notice, Func<TParams, CancellationToken, ValueTask> handle)
    {
        _notices.Add(notice.Name, (json, cancellationToken) =>
            json.TryRead(notice.Params, out TParams parameters) ? handle(parameters, cancellationToken) : ValueTask.CompletedTask);
        return this;
    }

    /// <inheritdoc/>
    public bool IsLong(string method) => _long.Contains(method);

    /// <inheritdoc/>
    public ValueTask<RpcResult> HandleAsync(RpcRequest request, CancellationToken cancellationToken) =>
        !_methods.TryGetValue(request.Method, out var handle) ? throw new RpcException(RpcErrorCode.MethodNotFound)
            : Refuse?.Invoke(request.Method) is { } error ? throw new TorrentException(error)
            : handle(request.Params, cancellationToken);

    /// <inheritdoc/>
    public ValueTask NotifyAsync(RpcNotification notification, CancellationToken cancellationToken) =>
        _notices.TryGetValue(notification.Method, out var handle) ? handle(notification.Params, cancellationToken) : ValueTask.CompletedTask;
}
