namespace TorrentPatron.Protocol.Utp;

/// <summary>Arithmetic on 16-bit sequence numbers, which wrap.</summary>
internal static class SequenceNumber
{
    /// <summary>The distance from one number to another; negative if that is before it.</summary>
    public static int Distance(ushort from, ushort to) => (short)(ushort)(to - from);

    /// <summary>The number at a distance after another.</summary>
    public static ushort Add(ushort number, int distance) => (ushort)(number + distance);
}
