namespace TorrentPatron.Remote.Rpc;

/// <summary>Handles the requests and notifications of the other side of a connection.</summary>
/// <remarks>
/// The connection calls it on the loop that reads: in the order in which messages arrive, one after another, up to the first real wait. A
/// handler that must keep the order takes its turn before that.
/// </remarks>
internal interface IRpcHandler
{
    /// <summary>Whether a method may take long, so that its requests are counted separately.</summary>
    /// <param name="method">Its name.</param>
    bool IsLong(string method) => false;

    /// <summary>Handles a request. Requests run in parallel once they wait.</summary>
    /// <param name="request">The request; its params are valid until this method returns its task.</param>
    /// <param name="cancellationToken">Cancelled when the other side cancels the request, or the connection ends.</param>
    /// <returns>The result.</returns>
    /// <exception cref="RpcException">The request fails with that code.</exception>
    /// <exception cref="RpcRefusedException">The request fails, and the connection ends.</exception>
    /// <exception cref="Service.Errors.TorrentException">The request fails with that error, which is sent unchanged.</exception>
    ValueTask<RpcResult> HandleAsync(RpcRequest request, CancellationToken cancellationToken);

    /// <summary>Handles a notification. The next message is read when this has ended.</summary>
    /// <param name="notification">The notification; its params are valid until then.</param>
    /// <param name="cancellationToken">Cancelled when the connection ends.</param>
    ValueTask NotifyAsync(RpcNotification notification, CancellationToken cancellationToken);
}
