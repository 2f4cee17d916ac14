namespace TorrentPatron.Protocol.PortMapping;

/// <summary>
/// A router's epoch at a local time: two of them show whether the router has lost its mappings (RFC 6887, 8.5).
/// </summary>
/// <param name="Seconds">The epoch, seconds.</param>
/// <param name="Now">When it was received, on any monotonic clock.</param>
internal sealed record RouterEpoch(uint Seconds, TimeSpan Now)
{
    /// <summary>Whether the router kept its mappings until a later epoch.</summary>
    public bool LeadsTo(RouterEpoch later)
    {
        if ((long)later.Seconds < (long)Seconds - 1)
            return false;
        double ours = (later.Now - Now).TotalSeconds;
        double theirs = (double)later.Seconds - Seconds;
        return ours + 2 >= theirs - (theirs / 16) && theirs + 2 >= ours - (ours / 16);
    }
}
