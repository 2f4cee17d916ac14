using System.Numerics;

namespace TorrentPatron.Protocol;

/// <summary>CRC-32C (Castagnoli), the checksum that BEP 40 and BEP 42 use as a hash.</summary>
internal static class Crc32C
{
    /// <summary>Computes the checksum.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
