namespace TorrentPatron.Engine.Client;

/// <summary>Limits on the payload rate.</summary>
/// <param name="Download">Bytes/s received; 0 means no limit.</param>
/// <param name="Upload">Bytes/s sent; 0 means no limit.</param>
public sealed record RateLimits(long Download, long Upload)
{
    /// <summary>No limit in either direction.</summary>
    public static RateLimits None { get; } = new(0, 0);
}
