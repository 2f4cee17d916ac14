using System.Buffers.Binary;

namespace TorrentPatron.Fuzz.Mutation;

/// <summary>Mutates valid inputs byte by byte: bits, numbers, ranges, tokens, truncation, and parts of other inputs.</summary>
/// <param name="corpus">Valid inputs, one or more.</param>
/// <param name="tokens">Byte strings that the decoder interprets.</param>
internal sealed class ByteMutator(IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]>? tokens = null) : IMutator
{
    private const int MostBytes = 1 << 20;

    private static readonly long[] Numbers =
        [0, 1, -1, 2, 7, 8, 127, 128, 255, 256, 1023, 16384, 16385, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue];

    public byte[] Make(Random random)
    {
        if (random.Next(64) == 0)
            return Noise(random, random.Next(200));
        byte[] input = corpus[random.Next(corpus.Count)];
        return random.Next(20) == 0 ? [.. input] : Change(input, random, random.Next(1, 6));
    }

    /// <summary>Mutates an input.</summary>
    public byte[] Change(byte[] input, Random random, int changes)
    {
        var bytes = new List<byte>(input);
        for (int i = 0; i < changes; i++)
            ChangeOnce(bytes, random);
        if (bytes.Count > MostBytes)
            bytes.RemoveRange(MostBytes, bytes.Count - MostBytes);
        return [.. bytes];
    }

    private static byte[] Noise(Random random, int length)
    {
        byte[] noise = new byte[length];
        random.NextBytes(noise);
        return noise;
    }

    private void ChangeOnce(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count + 1);
        int length = Math.Min(random.Next(1, 17), bytes.Count - at);
        switch (random.Next(11))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.InsertRange(at, Noise(random, random.Next(1, 9)));
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 6:
                Overwrite(bytes, at, Number(random));
                break;
            case 7 when tokens is { Count: > 0 }:
                bytes.InsertRange(at, tokens[random.Next(tokens.Count)]);
                break;
            case 8 when tokens is { Count: > 0 }:
                Overwrite(bytes, at, tokens[random.Next(tokens.Count)]);
                break;
            case 9:
                byte[] other = corpus[random.Next(corpus.Count)];
                int from = random.Next(other.Length + 1);
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other.AsSpan(from));
                break;
            case 10 when bytes.Count < 10_000:
                bytes.InsertRange(at, Enumerable.Repeat(bytes.GetRange(at, length), random.Next(1, 200)).SelectMany(b => b));
                break;
        }
    }

    private static byte[] Number(Random random)
    {
        byte[] number = new byte[8];
        long value = Numbers[random.Next(Numbers.Length)] + random.Next(-1, 2);
        bool isBigEndian = random.Next(4) > 0;
        if (isBigEndian)
            BinaryPrimitives.WriteInt64BigEndian(number, value);
        else
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
        int width = 1 << random.Next(4);
        return isBigEndian ? number[^width..] : number[..width];
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] by)
    {
        for (int i = 0; i < by.Length && at + i < bytes.Count; i++)
            bytes[at + i] = by[i];
    }
}
