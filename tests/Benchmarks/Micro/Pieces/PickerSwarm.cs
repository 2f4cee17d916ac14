using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Pieces;

/// <summary>A picker in a swarm of 50 peers that have more or less of 100,000 pieces, some of which are here.</summary>
internal static class PickerSwarm
{
    public const int Pieces = 100_000;
    public const int Peers = 50;

    public static PiecePicker Make()
    {
        var picker = new PiecePicker(Pieces, new Random(1));
        for (int peer = 0; peer < Peers; peer++)
            picker.AddPeer(SampleFields.Random(Pieces, (peer + 1.0) / (Peers + 1), seed: peer));
        Bitfield verified = SampleFields.Random(Pieces, 0.3, seed: 100);
        for (int piece = 0; piece < Pieces; piece++)
        {
            if (verified[piece])
                picker.Verified(piece);
        }

        picker.Return(picker.Pick(null));
        return picker;
    }
}
