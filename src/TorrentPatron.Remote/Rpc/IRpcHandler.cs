namespace TorrentPatron.Remote.Rpc;

/// <summary>Answers what the other side of a connection asks for.</summary>
/// <remarks>
/// The connection calls it on the loop that reads: in the order in which messages arrive, one after the other, up to the first real wait.
/// Whoever must keep the order takes his turn before that.
/// </remarks>
internal interface IRpcHandler
{
    /// <summary>Whether a method may take long, and its requests are counted apart.</summary>
    /// <param name="method">Its name.</param>
    bool IsLong(string method) => false;

    /// <summary>Answers a request. Requests run side by side once they wait.</summary>
    /// <param name="request">The request; its params are good until this method returns its task.</param>
    /// <param name="cancellationToken">Cancelled when the other side cancels the request, or the connection ends.</param>
    /// <returns>The result.</returns>
    /// <exception cref="RpcException">It fails with that code.</exception>
    /// <exception cref="RpcRefusedException">It fails, and the connection ends.</exception>
    /// <exception cref="Service.Errors.TorrentException">It fails with that error, which is told as it is.</exception>
    ValueTask<RpcResult> HandleAsync(RpcRequest request, CancellationToken cancellationToken);

    /// <summary>Takes a notification. The next message is read when this has ended.</summary>
    /// <param name="notification">The notification; its params are good until then.</param>
    /// <param name="cancellationToken">Cancelled when the connection ends.</param>
    ValueTask NotifyAsync(RpcNotification notification, CancellationToken cancellationToken);
}
