namespace TorrentPatron.Engine.WebSeeds;

/// <summary>
/// The number of bytes requested from a web seed at once: what it sends in two seconds, so that the gap between two requests is
/// negligible, and a wrong block, a failure or the end of the torrent costs little. Not thread-safe.
/// </summary>
internal sealed class RunLength
{
    /// <summary>The least, bytes.</summary>
    public const long Least = 256 * 1024;

    /// <summary>The most, bytes.</summary>
    public const long Most = 16L << 20;

    private const int Seconds = 2;
    private const int Growth = 4;

    /// <summary>Bytes to request.</summary>
    public long Bytes { get; private set; } = 1L << 20;

    /// <summary>Records that a run has arrived completely.</summary>
    /// <param name="bytes">Its length.</param>
    /// <param name="elapsed">The time it took.</param>
    public void Came(long bytes, TimeSpan elapsed)
    {
        // A short run says little about the rate: most of its time is the request.
        if (bytes < Bytes / 2)
            return;
        double ideal = bytes / Math.Max(elapsed.TotalSeconds, 0.001) * Seconds;
        Bytes = (long)Math.Clamp(ideal, Math.Max(Least, Bytes / Growth), Math.Min(Most, Bytes * Growth));
    }

    /// <summary>Records that a run has not arrived completely.</summary>
    public void Failed() => Bytes = Math.Max(Least, Bytes / Growth);
}
