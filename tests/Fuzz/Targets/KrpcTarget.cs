using TorrentPatron.Fuzz.Mutation;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Fuzz.Targets;

/// <summary>The datagrams of DHT nodes.</summary>
internal sealed class KrpcTarget : IFuzzTarget
{
    private const string Id = "aaaaaaaaaaaaaaaaaaaa";

    public string Name => "krpc";

    public IMutator Mutator { get; } = new BencodeMutator(
        [
            .. new[]
            {
                $"d1:ad2:id20:{Id}e1:q4:ping1:t2:aa1:y1:qe",
                $"d1:ad2:id20:{Id}6:target20:{Id}4:wantl2:n42:n6ee1:q9:find_node2:roi1e1:t2:aa1:v4:LT\u0001\u00021:y1:qe",
                $"d1:ad2:id20:{Id}9:info_hash20:{Id}6:noseedi1e6:scrapei1ee1:q9:get_peers1:t2:aa1:y1:qe",
                $"d1:ad2:id20:{Id}12:implied_porti1e9:info_hash20:{Id}4:porti6881e4:seedi1e5:token8:aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe",
                $"d1:ad2:id20:{Id}6:target20:{Id}e1:q17:sample_infohashes1:t2:aa1:y1:qe",
                $"d2:ip6:abcdef1:rd2:id20:{Id}8:intervali60e5:nodes26:{Id}abcdef6:nodes638:{Id}abcdefghijklmnopqr3:numi7e7:samples20:{Id}5:token4:xyzw6:valuesl6:abcdef18:abcdefghijklmnopqree1:t2:aa1:y1:re",
                "d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee",
            }.Select(System.Text.Encoding.Latin1.GetBytes),
        ],
        "BFsd", "BFpe", "want", "values", "nodes", "nodes6", "samples", "ro", "ip");

    public long AllowedBytes(int length) => 256 * 1024 + (200L * length);

    public bool Run(byte[] input)
    {
        if (!KrpcReader.TryRead(input, out KrpcMessage? message))
            return false;
        Property.Holds(message.TransactionId.Length is > 0 and <= 32, "the transaction's id is short");
        switch (message)
        {
            case KrpcResponse response:
                Property.Holds((response.Nodes?.Count ?? 0) <= 2 * KrpcResponse.MaxNodes, "nodes are bounded");
                Property.Holds((response.Peers?.Count ?? 0) <= KrpcResponse.MaxPeers, "peers are bounded");
                Property.Holds(response.Peers?.All(peer => peer.Port > 0) != false, "peers have ports");
                Property.Holds(response.Token.Length <= KrpcReader.MaxTokenLength, "a token is short");
                Property.Holds(response.TorrentCount >= 0 && response.SampleInterval is >= 0 and <= 21_600, "numbers are in bounds");
                break;
            case KrpcError error:
                Property.IsHarmless(error.Reason, "a reason");
                Property.Holds(error.Reason.Length <= 100 && error.Code >= 0, "an error is short");
                break;
            case AnnouncePeerQuery announce:
                Property.Holds(announce.IsPortImplied || announce.Port > 0, "an announce has a port");
                Property.Holds(announce.Token.Length is > 0 and <= KrpcReader.MaxTokenLength, "an announce has a token");
                break;
        }

        if (message is KrpcQuery query)
        {
            Property.Holds(KrpcReader.TryRead(new KrpcWriter().Write(query), out KrpcMessage? again) && again.GetType() == query.GetType(), "a written value can be read again");
            Property.Holds(((KrpcQuery)again!).Sender == query.Sender && ((KrpcQuery)again).IsReadOnly == query.IsReadOnly, "the value read again is the same");
        }

        return true;
    }
}
