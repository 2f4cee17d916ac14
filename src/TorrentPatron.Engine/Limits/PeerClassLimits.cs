namespace TorrentPatron.Engine.Limits;

/// <summary>A class of peers, as long as the classes stay as they are: what limits its peers over all torrents, and whether they are preferred.</summary>
/// <param name="name">Its name; empty: the peers that no class has.</param>
/// <param name="download">The limit on what is received from its peers.</param>
/// <param name="upload">The limit on what is sent to them.</param>
/// <param name="isPreferred">Whether they are dialled and unchoked before others.</param>
internal sealed class PeerClassLimits(string name, RateLimiter download, RateLimiter upload, bool isPreferred)
{
    private volatile bool _isOutdated;

    public string Name => name;

    public RateLimiter Download => download;

    public RateLimiter Upload => upload;

    public bool IsPreferred => isPreferred;

    /// <summary>Whether the classes have changed since, so that an address must be looked up anew.</summary>
    public bool IsOutdated => _isOutdated;

    /// <summary>The classes have changed.</summary>
    public void Outdate() => _isOutdated = true;
}
