using System.Buffers;
using System.Buffers.Binary;
using TorrentPatron.Protocol.Bencoding;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>Trackers' answers to measure with.</summary>
internal static class SampleAnswers
{
    /// <summary>Packed addresses, none with port 0.</summary>
    public static byte[] CompactPeers(int count, int length)
    {
        byte[] peers = new byte[count * length];
        new Random(1).NextBytes(peers);
        for (int i = 1; i <= count; i++)
            peers[i * length - 1] |= 1;
        return peers;
    }

    /// <summary>What an HTTP tracker answers.</summary>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> peers)
    {
        var writer = new BencodeWriter(output);
        writer.BeginDictionary();
        writer.Write("complete"u8, 1234);
        writer.Write("incomplete"u8, 567);
        writer.Write("interval"u8, 1800);
        writer.Write("min interval"u8, 900);
        writer.Write("peers"u8, peers);
        writer.End();
    }

    /// <summary>What an HTTP tracker answers.</summary>
    public static byte[] Http(int peers)
    {
        var output = new ArrayBufferWriter<byte>();
        Write(output, CompactPeers(peers, 6));
        return output.WrittenSpan.ToArray();
    }

    /// <summary>What a UDP tracker answers to transaction 1.</summary>
    public static byte[] Udp(int peers)
    {
        byte[] answer = [.. new byte[20], .. CompactPeers(peers, 6)];
        BinaryPrimitives.WriteUInt32BigEndian(answer, 1);
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(8), 1800);
        return answer;
    }
}
