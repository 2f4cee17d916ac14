using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Peers;

/// <summary>How useful a peer has been recently. Written only in the torrent's beat.</summary>
/// <param name="now">When it was connected.</param>
internal sealed class PeerUse(Instant now)
{
    /// <summary>Time in which usefulness fades to about a third.</summary>
    private static readonly TimeSpan Fading = TimeSpan.FromMinutes(2);

    private long _total;
    private Instant _noted = now;
    private Instant _lastUse = now;

    /// <summary>Useful bytes of the last minutes, older ones counting less.</summary>
    public double Recent { get; private set; }

    /// <summary>How long it has been useless.</summary>
    public TimeSpan Idle => _noted - _lastUse;

    /// <summary>Updates the measurement.</summary>
    /// <param name="total">Useful bytes since it connected.</param>
    /// <param name="isWaiting">Whether it is waiting for us: then inactivity is not its fault.</param>
    /// <param name="now">The time.</param>
    public void Note(long total, bool isWaiting, Instant now)
    {
        Recent = Recent * Math.Exp(-(now - _noted) / Fading) + total - _total;
        if (total > _total || isWaiting)
            _lastUse = now;
        (_total, _noted) = (total, now);
    }
}
