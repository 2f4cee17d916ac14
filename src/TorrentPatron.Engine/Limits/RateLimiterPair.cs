namespace TorrentPatron.Engine.Limits;

/// <summary>Limits that hold together: a torrent's own, one that its peers share with those of other torrents, and for some that of their transport.</summary>
/// <param name="Torrent">The torrent's own limit.</param>
/// <param name="Shared">The limit over all torrents, or that of a class of peers.</param>
/// <param name="Transport">The limit over all peers that are connected by TCP beside uTP (<see cref="MixedMode"/>); null: it does not hold.</param>
internal readonly record struct RateLimiterPair(RateLimiter Torrent, RateLimiter Shared, RateLimiter? Transport = null)
{
    /// <summary>Whether none limits anything now, so that <see cref="AcquireAsync"/> would not wait.</summary>
    public bool IsUnlimited => Torrent.Rate == 0 && Shared.Rate == 0 && Transport is not { Rate: > 0 };

    /// <summary>
    /// Bytes that may be moved at once without a burst that fills the queues on the way: what the lowest limit lets through in a twentieth of a
    /// second, and no less than 16 KiB.
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
    /// Waits until all let so many bytes through. The torrent's own limit comes first: a slow torrent takes nothing from
    /// the others' share while it waits.
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
