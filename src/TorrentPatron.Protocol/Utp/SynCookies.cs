using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;

namespace TorrentPatron.Protocol.Utp;

/// <summary>
/// Generates the sequence numbers for answers to connection requests, so that no state is needed for them: the next packet
/// proves, by the number it acknowledges, that its sender received the answer. Thread-safe.
/// </summary>
/// <param name="secret">Unpredictable random bytes; 16 or more.</param>
internal sealed class SynCookies(byte[] secret)
{
    /// <summary>Microseconds after which the numbers change; earlier ones stay valid for as long again.</summary>
    private const long Slice = 16_000_000;

    /// <summary>The number for a SYN.</summary>
    /// <param name="remote">Its source.</param>
    /// <param name="connectionId">Its connection id.</param>
    /// <param name="sequenceNumber">Its sequence number.</param>
    /// <param name="now">The time; microseconds.</param>
    public ushort Make(IPEndPoint remote, ushort connectionId, ushort sequenceNumber, long now) =>
        Hash(remote, connectionId, sequenceNumber, now / Slice);

    /// <summary>Finds the number in the answer to a SYN, from the packet that follows.</summary>
    /// <param name="remote">The packet's source.</param>
    /// <param name="header">Its header.</param>
    /// <param name="now">The time; microseconds.</param>
    /// <returns>Our first sequence number; null if its sender has received no such answer.</returns>
    public ushort? Find(IPEndPoint remote, in UtpHeader header, long now)
    {
        ushort id = SequenceNumber.Add(header.ConnectionId, -1), syn = SequenceNumber.Add(header.SequenceNumber, -1);
        for (long slice = now / Slice; slice >= Math.Max(0, now / Slice - 1); slice--)
        {
            ushort cookie = Hash(remote, id, syn, slice);
            // Some treat the answer's number as our last one, most as the next.
            int ahead = SequenceNumber.Distance(cookie, header.AcknowledgementNumber);
            if (ahead is -1 or 0)
                return SequenceNumber.Add(cookie, ahead + 1);
        }

        return null;
    }

    private ushort Hash(IPEndPoint remote, ushort connectionId, ushort sequenceNumber, long slice)
    {
        Span<byte> input = stackalloc byte[16 + 3 * sizeof(ushort) + sizeof(long)];
        input.Clear();
        remote.Address.TryWriteBytes(input, out _);
        BinaryPrimitives.WriteUInt16LittleEndian(input[16..], (ushort)remote.Port);
        BinaryPrimitives.WriteUInt16LittleEndian(input[18..], connectionId);
        BinaryPrimitives.WriteUInt16LittleEndian(input[20..], sequenceNumber);
        BinaryPrimitives.WriteInt64LittleEndian(input[22..], slice);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, input, hash);
        return BinaryPrimitives.ReadUInt16LittleEndian(hash);
    }
}
