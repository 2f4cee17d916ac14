namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// Finds the longest packet that the path carries, by sending longer ones: the longest possible first, because most paths carry
/// it, then by bisection. A probe is a packet with padding, so that it can be sent again without.
/// </summary>
/// <param name="isIPv6">Whether the path uses IPv6.</param>
internal sealed class PathMtu(bool isIPv6)
{
    private const int UdpHeader = 8;

    /// <summary>A difference too small for another probe.</summary>
    private const int Precision = 16;

    /// <summary>The wait before a path that did not carry the longest packets is probed again, microseconds.</summary>
    private const long Again = 600_000_000;

    private bool _isFirst = true;
    private bool _isProbing;
    private long _searchAgainAt = long.MaxValue;

    /// <summary>Bytes of a packet, including its uTP header, that every path carries.</summary>
    private int Least { get; } = isIPv6 ? 1_280 - 40 - UdpHeader : 576 - 20 - UdpHeader;

    private int Longest { get; } = 1_500 - (isIPv6 ? 40 : 20) - UdpHeader;

    /// <summary>Bytes of the longest packet known to arrive.</summary>
    public int Size { get; private set; } = isIPv6 ? 1_280 - 40 - UdpHeader : 576 - 20 - UdpHeader;

    /// <summary>Bytes of the shortest packet assumed not to arrive, minus 1.</summary>
    private int Ceiling { get; set; } = 1_500 - (isIPv6 ? 40 : 20) - UdpHeader;

    /// <summary>Starts a probe, unless another is in progress.</summary>
    /// <returns>The bytes of the packet; 0 if there is nothing to probe.</returns>
    public int TakeProbe(long now)
    {
        if (_isProbing)
            return 0;
        if (now >= _searchAgainAt)
            (Ceiling, _isFirst, _searchAgainAt) = (Longest, true, long.MaxValue);
        if (Ceiling - Size < Precision)
            return 0;
        _isProbing = true;
        return _isFirst ? Ceiling : (Size + Ceiling + 1) / 2;
    }

    /// <summary>Cancels a probe that was not sent.</summary>
    public void ReturnProbe() => _isProbing = false;

    /// <summary>Records that the probe has arrived.</summary>
    public void Arrived(int size)
    {
        _isProbing = false;
        Size = Math.Clamp(size, Size, Longest);
        Ceiling = Math.Max(Ceiling, Size);
    }

    /// <summary>Records that the probe was lost.</summary>
    public void Lost(int size, long now)
    {
        (_isProbing, _isFirst) = (false, false);
        Ceiling = Math.Max(Size, Math.Min(Ceiling, size - 1));
        if (Ceiling - Size < Precision)
            _searchAgainAt = now + Again;
    }

    /// <summary>Resets the result, because nothing arrives any more: perhaps the path has changed.</summary>
    public void Distrust(long now)
    {
        if (Size == Least)
            return;
        (Ceiling, Size, _isFirst, _searchAgainAt) = (Size - 1, Least, false, now + Again);
    }
}
