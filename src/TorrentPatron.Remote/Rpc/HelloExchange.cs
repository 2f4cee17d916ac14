using TorrentPatron.Service.Errors;

namespace TorrentPatron.Remote.Rpc;

/// <summary>The client's side of hello.</summary>
internal static class HelloExchange
{
    /// <summary>Longest wait for the service's answer. On a busy machine, or while it takes up thousands of torrents, it answers late.</summary>
    public static TimeSpan Deadline { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Says hello on a new connection; closes it on failure.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="own">This side's hello.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>The service's hello.</returns>
    /// <exception cref="TorrentException">
    /// <see cref="Engine.Client.TorrentErrorId.ServiceVersionMismatch"/> or <see cref="Engine.Client.TorrentErrorId.ServiceUnavailable"/>.
    /// </exception>
    public static async Task<Hello> SayAsync(RpcConnection connection, Hello own, TimeProvider time, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(Deadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        bool isAgreed = false;
        try
        {
            Hello service = (await connection.CallAsync(Hello.Method, own, either.Token).ConfigureAwait(false)).Cleaned();
            // The service has compared too, but the other side may not be a service of ours.
            if (Hello.Compare(own, service) is { } mismatch)
                throw new TorrentException(mismatch);
            isAgreed = true;
            return service;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TorrentException(RemoteErrors.NoAnswer(Deadline));
        }
        finally
        {
            if (!isAgreed)
                await connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
