using System.Net;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>The answers of HTTP trackers.</summary>
internal sealed class HttpTrackerTarget : IFuzzTarget
{
    public string Name => "http-tracker";

    public IMutator Mutator { get; } = new BencodeMutator(
        [
            "d8:completei5e10:incompletei7e8:intervali1800e12:min intervali60e5:peers12:\u007F\0\0\u0001\u001A\u0001abcdef10:tracker id3:xyz15:warning message5:hello6:peers618:0123456789abcdefpqe"u8.ToArray(),
            "d14:failure reason9:not today8:retry in5:nevere"u8.ToArray(),
            "d8:intervali900e5:peersld2:ip9:127.0.0.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881eed2:ip3:::14:porti1eeee"u8.ToArray(),
        ]);

    public long AllowedBytes(int length) => 512 * 1024 + (200L * length);

    public bool Run(byte[] input)
    {
        try
        {
            Check(HttpAnnounceCodec.Parse(input));
            return true;
        }
        catch (TrackerFailureException fault)
        {
            Property.IsHarmless(fault.Message, "the tracker's message");
            Property.Holds(fault.Message.Length is > 0 and < 500, "the text is short");
            return false;
        }
    }

    /// <summary>Checks the properties of every answer.</summary>
    public static void Check(AnnounceResponse answer)
    {
        Property.Holds(answer.Interval >= AnnounceResponse.ShortestInterval && answer.Interval <= AnnounceResponse.LongestInterval, "the interval is in bounds");
        Property.Holds(answer.MinInterval is not { } least || (least >= TimeSpan.Zero && least <= AnnounceResponse.LongestInterval), "the minimum interval is in bounds");
        Property.Holds(answer.Peers.Count <= AnnounceResponse.MaxPeers, "peers are bounded");
        foreach (IPEndPoint peer in answer.Peers)
            Property.Holds(peer.Port is > 0 and <= 65535, "a peer has a port");
        Property.Holds(answer.Seeders is null or >= 0 && answer.Leechers is null or >= 0, "counts are not negative");
        Property.Holds(answer.TrackerId is null or { Length: <= 256 }, "the tracker's id is short");
        Property.IsHarmless(answer.Warning, "a warning");
    }
}
