namespace TorrentPatron.Engine.Pieces;

/// <summary>
/// Counts the received bytes that cannot be hashed yet, because a block before them is missing. They are not waited for by any
/// disk, so no socket may be left unread because of them; past a bound they are written as they are, to be read again when
/// their turn comes. Thread-safe.
/// </summary>
/// <param name="most">Bytes held before some are written.</param>
internal sealed class HeldBytes(long most)
{
    private long _bytes;

    /// <summary>Bytes held now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Whether there are more than should be.</summary>
    public bool IsTooMuch => Bytes > most;

    /// <summary>Notes bytes that are held from now on, or, below 0, no longer.</summary>
    public void Add(long bytes)
    {
        if (bytes != 0)
            Interlocked.Add(ref _bytes, bytes);
    }
}
