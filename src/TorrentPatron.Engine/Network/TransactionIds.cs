using System.Buffers.Binary;
using System.Security.Cryptography;

namespace TorrentPatron.Engine.Network;

/// <summary>Draws the transaction ids of datagram queries. An attacker who could predict one could forge an answer.</summary>
internal static class TransactionIds
{
    /// <summary>Draws an id that no open query has.</summary>
    /// <param name="isTaken">Returns whether an open query has an id.</param>
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
