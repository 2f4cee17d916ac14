namespace TorrentPatron.Engine.Limits;

/// <summary>
/// The limits that apply to a peer together: its torrent's own, one shared with other torrents, and possibly one of its
/// transport.
/// </summary>
/// <param name="Torrent">The torrent's own limit.</param>
/// <param name="Shared">The limit over all torrents, or of a peer class.</param>
/// <param name="Transport">
/// The limit over all TCP peers while uTP needs a share (<see cref="MixedMode"/>); null if it does not apply.
/// </param>
internal readonly record struct RateLimiterPair(RateLimiter Torrent, RateLimiter Shared, RateLimiter? Transport = null)
{
    /// <summary>Whether no limit is set, so that <see cref="AcquireAsync"/> would not wait.</summary>
    public bool IsUnlimited => Torrent.Rate == 0 && Shared.Rate == 0 && Transport is not { Rate: > 0 };

    /// <summary>
    /// Bytes that may be moved at once without a burst that fills the network's queues: a twentieth of a second at the lowest
    /// limit, but at least 16 KiB.
    /// </summary>
    public int Portion
    {
        get
        {
            static long Or(long rate) => rate == 0 ? long.MaxValue : rate;
            long lowest = Math.Min(Math.Min(Or(Torrent.Rate), Or(Shared.Rate)), Or(Transport?.Rate ?? 0));
            return (int)Math.Clamp(lowest / 20, 16 * 1024, int.MaxValue);
        }
    }

    /// <summary>
    /// Waits until all limits allow the given number of bytes. The torrent's own limit comes first, so that a slow torrent uses
    /// nothing of the shared limit while it waits.
    /// </summary>
    /// <param name="bytes">Number of bytes, 0 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask AcquireAsync(int bytes, CancellationToken cancellationToken)
    {
        ValueTask own = Torrent.AcquireAsync(bytes, cancellationToken);
        return own.IsCompletedSuccessfully && Transport is not { Rate: > 0 }
            ? Shared.AcquireAsync(bytes, cancellationToken)
            : AcquireAllAsync(own, Transport, Shared, bytes, cancellationToken);
    }

    private static async ValueTask AcquireAllAsync(
        ValueTask own, RateLimiter? transport, RateLimiter shared, int bytes, CancellationToken cancellationToken)
    {
        await own.ConfigureAwait(false);
        if (transport is not null)
            await transport.AcquireAsync(bytes, cancellationToken).ConfigureAwait(false);
        await shared.AcquireAsync(bytes, cancellationToken).ConfigureAwait(false);
    }
}
