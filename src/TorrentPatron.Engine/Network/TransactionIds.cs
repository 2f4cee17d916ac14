using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPatron.Engine.Network;

/// <summary>The numbers by which answers to datagrams are told apart. Whoever could foretell one could answer in the name of another.</summary>
internal static class TransactionIds
{
    /// <summary>Draws a number that no open question has.</summary>
    /// <param name="isTaken">Whether an open question has a number.</param>
    public static uint Draw(Predicate<uint> isTaken)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        uint number;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            number = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        }
        while (isTaken(number));
        return number;
    }
}
