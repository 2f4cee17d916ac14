namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// The longest packet that the path carries, found by sending longer ones: the longest possible first, since most paths carry it, then by
/// halves. A probe is a packet with padding, so that it can be sent again without.
/// </summary>
/// <param name="isIPv6">Whether the path is of IPv6.</param>
internal sealed class PathMtu(bool isIPv6)
{
    private const int UdpHeader = 8;

    /// <summary>A difference that is not worth another probe.</summary>
    private const int Precision = 16;

    /// <summary>Waited before a path is tried again that did not carry the longest packets; microseconds.</summary>
    private const long Again = 600_000_000;

    private bool _isFirst = true;
    private bool _isProbing;
    private long _searchAgainAt = long.MaxValue;

    /// <summary>Bytes of a packet, its uTP header included, that every path carries.</summary>
    private int Least { get; } = isIPv6 ? 1_280 - 40 - UdpHeader : 576 - 20 - UdpHeader;

    private int Longest { get; } = 1_500 - (isIPv6 ? 40 : 20) - UdpHeader;

    /// <summary>Bytes of the longest packet that was known to arrive.</summary>
    public int Size { get; private set; } = isIPv6 ? 1_280 - 40 - UdpHeader : 576 - 20 - UdpHeader;

    /// <summary>Bytes of the shortest packet that is thought not to arrive, less 1.</summary>
    private int Ceiling { get; set; } = 1_500 - (isIPv6 ? 40 : 20) - UdpHeader;

    /// <summary>Begins a probe, unless another is under way.</summary>
    /// <returns>The bytes of the packet; 0: nothing is to be found out.</returns>
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

    /// <summary>The probe was not sent.</summary>
    public void ReturnProbe() => _isProbing = false;

    /// <summary>The probe has arrived.</summary>
    public void Arrived(int size)
    {
        _isProbing = false;
        Size = Math.Clamp(size, Size, Longest);
        Ceiling = Math.Max(Ceiling, Size);
    }

    /// <summary>The probe was lost.</summary>
    public void Lost(int size, long now)
    {
        (_isProbing, _isFirst) = (false, false);
        Ceiling = Math.Max(Size, Math.Min(Ceiling, size - 1));
        if (Ceiling - Size < Precision)
            _searchAgainAt = now + Again;
    }

    /// <summary>Nothing arrives any more: perhaps the path has changed.</summary>
    public void Distrust(long now)
    {
        if (Size == Least)
            return;
        (Ceiling, Size, _isFirst, _searchAgainAt) = (Size - 1, Least, false, now + Again);
    }
}
