using System.Net.Sockets;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>The datagrams of UDP trackers.</summary>
internal sealed class UdpTrackerTarget : IFuzzTarget
{
    private const uint Transaction = 0x01020304;

    public string Name => "udp-tracker";

    public IMutator Mutator { get; } = new ByteMutator(
        [
            Convert.FromHexString("0000000001020304AABBCCDDEEFF0011"),
            Convert.FromHexString("00000001010203040000070800000003000000057F0000011AE1" + "0A00000200000C000003FFFF"),
            [0, 0, 0, 3, 1, 2, 3, 4, .. "no \u001B[31m such torrent"u8],
        ],
        [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 3], [1, 2, 3, 4]]);

    public long AllowedBytes(int length) => 64 * 1024 + (200L * length);

    public bool Run(byte[] input)
    {
        bool isSound = Try(() => UdpTrackerCodec.ReadConnect(input, Transaction));
        foreach (AddressFamily family in (AddressFamily[])[AddressFamily.InterNetwork, AddressFamily.InterNetworkV6])
            isSound |= Try(() => HttpTrackerTarget.Check(UdpTrackerCodec.ReadAnnounce(input, Transaction, family)));
        if (isSound)
            Property.Holds(UdpTrackerCodec.TryReadTransactionId(input, out uint id) && id == Transaction, "only the answer to the request counts");
        return isSound;
    }

    private static bool Try(Action read)
    {
        try
        {
            read();
            return true;
        }
        catch (TrackerFailureException fault)
        {
            Property.IsHarmless(fault.Message, "the tracker's message");
            Property.Holds(fault.Message.Length is > 0 and < 500, "the text is short");
            return false;
        }
    }
}
