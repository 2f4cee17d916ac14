using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Samples;

/// <summary>Bitfields to measure with, always the same ones.</summary>
internal static class SampleFields
{
    /// <summary>A field in which each bit is set with the same chance.</summary>
    public static Bitfield Random(int length, double share, int seed = 1)
    {
        var random = new Random(seed);
        var field = new Bitfield(length);
        for (int piece = 0; piece < length; piece++)
        {
            if (random.NextDouble() < share)
                field.Set(piece);
        }

        return field;
    }

    /// <summary>A field with every bit set.</summary>
    public static Bitfield Full(int length)
    {
        var field = new Bitfield(length);
        field.SetAll();
        return field;
    }
}
