namespace TorrentPatron.Engine.Client;

/// <summary>Upper bounds on the rate of payload.</summary>
/// <param name="Download">Bytes/s received; 0: no limit.</param>
/// <param name="Upload">Bytes/s sent; 0: no limit.</param>
public sealed record RateLimits(long Download, long Upload)
{
    /// <summary>No limit either way.</summary>
    public static RateLimits None { get; } = new(0, 0);
}
