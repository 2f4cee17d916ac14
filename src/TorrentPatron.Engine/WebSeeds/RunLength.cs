namespace TorrentPatron.Engine.WebSeeds;

/// <summary>
/// How many bytes a web seed is asked for at once: what it sends in two seconds, so that the time between two requests is lost among them, and
/// a lie, a failure or the end of the torrent costs little. Not thread-safe.
/// </summary>
internal sealed class RunLength
{
    /// <summary>The least, bytes.</summary>
    public const long Least = 256 * 1024;

    /// <summary>The most, bytes.</summary>
    public const long Most = 16L << 20;

    private const int Seconds = 2;
    private const int Growth = 4;

    /// <summary>Bytes to ask for.</summary>
    public long Bytes { get; private set; } = 1L << 20;

    /// <summary>A run has come whole.</summary>
    /// <param name="bytes">Its length.</param>
    /// <param name="elapsed">The time it took.</param>
    public void Came(long bytes, TimeSpan elapsed)
    {
        // A short run says little of the rate: the request is most of it.
        if (bytes < Bytes / 2)
            return;
        double ideal = bytes / Math.Max(elapsed.TotalSeconds, 0.001) * Seconds;
        Bytes = (long)Math.Clamp(ideal, Math.Max(Least, Bytes / Growth), Math.Min(Most, Bytes * Growth));
    }

    /// <summary>A run has not come whole.</summary>
    public void Failed() => Bytes = Math.Max(Least, Bytes / Growth);
}
