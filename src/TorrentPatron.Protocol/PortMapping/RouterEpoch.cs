namespace TorrentPatron.Protocol.PortMapping;

/// <summary>A router's epoch at a time of ours: by two of them it is known that the router has lost its mappings (RFC 6887, 8.5).</summary>
/// <param name="Seconds">The epoch, seconds.</param>
/// <param name="Now">When it was told, by any clock that does not go back.</param>
internal sealed record RouterEpoch(uint Seconds, TimeSpan Now)
{
    /// <summary>Whether the router went on without losing anything until a later epoch.</summary>
    public bool LeadsTo(RouterEpoch later)
    {
        if ((long)later.Seconds < (long)Seconds - 1)
            return false;
        double ours = (later.Now - Now).TotalSeconds;
        double theirs = (double)later.Seconds - Seconds;
        return ours + 2 >= theirs - (theirs / 16) && theirs + 2 >= ours - (ours / 16);
    }
}
