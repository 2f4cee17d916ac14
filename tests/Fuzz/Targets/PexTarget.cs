using System.Net;
using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>Peer exchange messages (BEP 11).</summary>
internal sealed class PexTarget : IFuzzTarget
{
    public string Name => "pex";

    public IMutator Mutator { get; } = new BencodeMutator(
        [
            "d5:added12:abcdefghijkl7:added.f2:\u0001\u00026:added618:abcdefghijklmnopqr8:added6.f1:\u00017:dropped6:mnopqr8:dropped60:e"u8.ToArray(),
            System.Text.Encoding.ASCII.GetBytes($"d5:added600:{string.Concat(Enumerable.Range(100, 100).Select(i => $"{i}abc"))}e"),
        ]);

    public long AllowedBytes(int length) => 128 * 1024 + (200L * length);

    public bool Run(byte[] input)
    {
        if (!PexMessage.TryRead(input, out PexMessage? message))
            return false;
        Property.Holds(message.Added.Count <= PexMessage.MaxPeers && message.Dropped.Count <= PexMessage.MaxPeers, "peers are bounded");
        Property.Holds(message.Added.All(peer => peer.EndPoint.Port > 0), "peers have ports");
        Property.Holds(message.Added.Select(peer => peer.EndPoint).Distinct().Count() == message.Added.Count, "no peer is named twice");
        if (message.Added.Select(peer => peer.EndPoint).Concat(message.Dropped).All(peer => !peer.Address.IsIPv4MappedToIPv6))
        {
            Property.Holds(PexMessage.TryRead(message.ToBytes(), out PexMessage? again), "a written value can be read again");
            Property.Holds(Set(again!).SetEquals(Set(message)), "the value read again is the same");
        }

        return true;
    }

    private static HashSet<IPEndPoint> Set(PexMessage message) => [.. message.Added.Select(peer => peer.EndPoint)];
}
