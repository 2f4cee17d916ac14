namespace TorrentPatron.Engine.Limits;

/// <summary>Two limits that hold together: a torrent's own and one that its peers share with those of other torrents.</summary>
/// <param name="Torrent">The torrent's own limit.</param>
/// <param name="Shared">The limit over all torrents, or that of a class of peers.</param>
internal readonly record struct RateLimiterPair(RateLimiter Torrent, RateLimiter Shared)
{
    /// <summary>Whether neither limits anything now, so that <see cref="AcquireAsync"/> would not wait.</summary>
    public bool IsUnlimited => Torrent.Rate == 0 && Shared.Rate == 0;

    /// <summary>
    /// Waits until both let so many bytes through. The torrent's own limit comes first: a slow torrent takes nothing from
    /// the others' share while it waits.
    /// </summary>
    /// <param name="bytes">Number of bytes, 0 or more.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ValueTask AcquireAsync(int bytes, CancellationToken cancellationToken)
    {
        ValueTask own = Torrent.AcquireAsync(bytes, cancellationToken);
        return own.IsCompletedSuccessfully
            ? Shared.AcquireAsync(bytes, cancellationToken)
            : AcquireBothAsync(own, Shared, bytes, cancellationToken);
    }

    private static async ValueTask AcquireBothAsync(
        ValueTask own, RateLimiter shared, int bytes, CancellationToken cancellationToken)
    {
        await own.ConfigureAwait(false);
        await shared.AcquireAsync(bytes, cancellationToken).ConfigureAwait(false);
    }
}
