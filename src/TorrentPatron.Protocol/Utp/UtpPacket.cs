namespace TorrentPatron.Protocol.Utp;

/// <summary>A packet's payload, with room for its header, in reused memory.</summary>
internal sealed class UtpPacket
{
    /// <summary>The longest packet, bytes: an Ethernet frame's, minus the headers of IPv4 and UDP.</summary>
    public const int MostBytes = 1_500 - 20 - 8;

    /// <summary>Bytes of the longest payload.</summary>
    public const int MostPayload = MostBytes - UtpHeader.Length;

    /// <summary>Room for the header, and the payload.</summary>
    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(MostBytes);

    /// <summary>Bytes of payload.</summary>
    public int Length { get; set; }

    /// <summary>Bytes of payload that have been read.</summary>
    public int Taken { get; set; }

    /// <summary>The most bytes of payload, while it is being filled.</summary>
    public int Capacity { get; set; }

    /// <summary>When it was last sent, microseconds.</summary>
    public long SentAt { get; set; }

    /// <summary>How often it was sent.</summary>
    public int Transmissions { get; set; }

    /// <summary>Whether it is considered lost, and must be retransmitted.</summary>
    public bool IsLost { get; set; }

    /// <summary>Whether it ends the stream.</summary>
    public bool IsFin { get; set; }

    /// <summary>Its length as a probe of the path MTU; 0 if it is not a probe.</summary>
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

    /// <summary>Resets it for reuse.</summary>
    public void Clear(int capacity)
    {
        Length = Taken = Transmissions = ProbeSize = 0;
        SentAt = 0;
        IsLost = IsFin = false;
        Capacity = capacity;
    }
}
