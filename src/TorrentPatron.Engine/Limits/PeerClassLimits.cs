namespace TorrentPatron.Engine.Limits;

/// <summary>The limiters and preference of a peer class, valid until the classes change.</summary>
/// <param name="name">The class's name; empty for peers without a class.</param>
/// <param name="download">The limit for receiving from its peers.</param>
/// <param name="upload">The limit for sending to its peers.</param>
/// <param name="isPreferred">Whether they are dialled and unchoked before others.</param>
internal sealed class PeerClassLimits(string name, RateLimiter download, RateLimiter upload, bool isPreferred)
{
    private volatile bool _isOutdated;

    public string Name => name;

    public RateLimiter Download => download;

    public RateLimiter Upload => upload;

    public bool IsPreferred => isPreferred;

    /// <summary>Whether the classes have changed since, so that addresses must be looked up again.</summary>
    public bool IsOutdated => _isOutdated;

    /// <summary>Marks the limits as outdated.</summary>
    public void Outdate() => _isOutdated = true;
}
