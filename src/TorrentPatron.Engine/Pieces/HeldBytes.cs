namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Counts received bytes that cannot be hashed yet, because a block before them is missing. No disk is responsible for them, so
/// they do not stop sockets from being read; above a limit they are written as they are, and read back when their turn comes.
/// Thread-safe.
/// </summary>
/// <param name="most">The number of bytes held above which some are written.</param>
internal sealed class HeldBytes(long most)
{
    private long _bytes;

    /// <summary>The bytes held now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether the limit is exceeded.</summary>
    public bool IsTooMuch => Bytes > most;

    /// <summary>Adds held bytes, or removes them if negative.</summary>
    public void Add(long bytes)
    {
        if (bytes != 0)
            Interlocked.Add(ref _bytes, bytes);
    }
}
