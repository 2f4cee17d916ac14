namespace TorrentPatron.Protocol.Wire;

/// <summary>The first 68 bytes from each side (BEP 3), with the capability bits in use.</summary>
/// <param name="InfoHash">The swarm.</param>
/// <param name="PeerId">The sender.</param>
/// <param name="SupportsFast">Fast extension (BEP 6).</param>
/// <param name="SupportsExtensions">Extension protocol (BEP 10).</param>
/// <param name="SupportsDht">DHT (BEP 5).</param>
public readonly record struct Handshake(
    InfoHash InfoHash, PeerId PeerId, bool SupportsFast, bool SupportsExtensions, bool SupportsDht)
{
    /// <summary>
    /// Whether the sender supports version 2 of the protocol (BEP 52): with the v1 hash of a hybrid it offers it, and an answer
    /// with the v2 hash accepts.
    /// </summary>
    public bool SupportsV2 { get; init; }

    /// <summary>Whether the two handshakes have agreed on version 2. Not part of the bytes.</summary>
    public bool IsV2 { get; init; }

    /// <summary>Length of a handshake in bytes.</summary>
    public const int Length = 68;

    /// <summary>The 20 bytes at the beginning of every handshake.</summary>
    public static ReadOnlySpan<byte> Beginning => "\u0013BitTorrent protocol"u8;

    /// <summary>Reads a handshake.</summary>
    /// <param name="bytes">At least 68 bytes.</param>
    /// <param name="handshake">The handshake, where the bytes are one.</param>
    /// <returns>False if there are too few bytes, or they are of another protocol.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Handshake handshake)
    {
        handshake = default;
        if (bytes.Length < Length || !bytes.StartsWith(Beginning))
            return false;

        ReadOnlySpan<byte> reserved = bytes.Slice(20, 8);
        handshake = new Handshake(
            new InfoHash(bytes.Slice(28, InfoHash.Length)),
            new PeerId(bytes.Slice(48, PeerId.Length)),
            SupportsFast: (reserved[7] & 0x04) != 0,
            SupportsExtensions: (reserved[5] & 0x10) != 0,
            SupportsDht: (reserved[7] & 0x01) != 0)
        {
            SupportsV2 = (reserved[7] & 0x10) != 0,
        };
        return true;
    }

    /// <summary>Writes the handshake.</summary>
    /// <param name="destination">At least 68 bytes long.</param>
    public void Write(Span<byte> destination)
    {
        destination[..Length].Clear();
        Beginning.CopyTo(destination);
        if (SupportsExtensions)
            destination[25] |= 0x10;
        if (SupportsFast)
            destination[27] |= 0x04;
        if (SupportsDht)
            destination[27] |= 0x01;
        if (SupportsV2)
            destination[27] |= 0x10;
        InfoHash.CopyTo(destination[28..]);
        PeerId.CopyTo(destination[48..]);
    }
}
