namespace TorrentPatron.Protocol.Utp;

/// <summary>A packet's payload, behind room for its header, in memory that is used again.</summary>
internal sealed class UtpPacket
{
    /// <summary>Bytes of the longest packet: what an Ethernet carries, less the headers of IPv4 and UDP.</summary>
    public const int MostBytes = 1_500 - 20 - 8;

    /// <summary>Bytes of the longest payload.</summary>
    public const int MostPayload = MostBytes - UtpHeader.Length;

    /// <summary>The header's room, and the payload.</summary>
    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(MostBytes);

    /// <summary>Bytes of payload.</summary>
    public int Length { get; set; }

    /// <summary>Bytes of payload that have been read already.</summary>
    public int Taken { get; set; }

    /// <summary>Bytes of payload that it may grow to; of one that is being filled.</summary>
    public int Capacity { get; set; }

    /// <summary>When it was sent last; microseconds.</summary>
    public long SentAt { get; set; }

    /// <summary>How often it was sent.</summary>
    public int Transmissions { get; set; }

    /// <summary>Whether it is thought to be lost, and must be sent again.</summary>
    public bool IsLost { get; set; }

    /// <summary>Whether it ends the stream.</summary>
    public bool IsFin { get; set; }

    /// <summary>Bytes that it was sent with to find out whether the path carries them; 0: it is no such probe.</summary>
    public int ProbeSize { get; set; }

    /// <summary>The payload.</summary>
    public Span<byte> Payload => Buffer.AsSpan(UtpHeader.Length, Length);

    /// <summary>Appends as much as fits.</summary>
    /// <returns>The bytes appended.</returns>
    public int Append(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(bytes.Length, Capacity - Length);
        bytes[..count].CopyTo(Buffer.AsSpan(UtpHeader.Length + Length));
        Length += count;
        return count;
    }

    /// <summary>Makes it as good as new.</summary>
    public void Clear(int capacity)
    {
        Length = Taken = Transmissions = ProbeSize = 0;
        SentAt = 0;
        IsLost = IsFin = false;
        Capacity = capacity;
    }
}
