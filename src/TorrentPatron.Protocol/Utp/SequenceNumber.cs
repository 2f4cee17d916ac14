namespace TorrentPatron.Protocol.Utp;

/// <summary>Arithmetic on 16-bit sequence numbers, which wrap.</summary>
internal static class SequenceNumber
{
    /// <summary>How far a number lies after another; negative: before it.</summary>
    public static int Distance(ushort from, ushort to) => (short)(ushort)(to - from);

    /// <summary>The number that lies so far after another.</summary>
    public static ushort Add(ushort number, int distance) => (ushort)(number + distance);
}
