using TorrentPatron.Engine.Timing;

namespace TorrentPatron.Engine.Peers;

/// <summary>Of what use a peer has been lately. Written in the torrent's beat alone.</summary>
/// <param name="now">When it was connected.</param>
internal sealed class PeerUse(Instant now)
{
    /// <summary>Time in which use fades to about a third.</summary>
    private static readonly TimeSpan Fading = TimeSpan.FromMinutes(2);

    private long _total;
    private Instant _noted = now;
    private Instant _lastUse = now;

    /// <summary>Bytes of the last minutes, older ones counting less.</summary>
    public double Recent { get; private set; }

    /// <summary>Time for which it has been of no use.</summary>
    public TimeSpan Idle => _noted - _lastUse;

    /// <summary>Notes how it stands.</summary>
    /// <param name="total">Bytes of use since it was connected.</param>
    /// <param name="isWaiting">Whether it is us who let it wait: then it is not to blame that nothing happens.</param>
    /// <param name="now">The time.</param>
    public void Note(long total, bool isWaiting, Instant now)
    {
        Recent = Recent * Math.Exp(-(now - _noted) / Fading) + total - _total;
        if (total > _total || isWaiting)
            _lastUse = now;
        (_total, _noted) = (total, now);
    }
}
