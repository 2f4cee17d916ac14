using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Tests.Discovery;

/// <summary>
/// A node that lies: it answers with nodes that do not exist, ever nearer to the target, with peers that do not
/// exist, and with a token, to attract announces that it then drops.
/// </summary>
internal sealed class LyingNode : IDatagramHandler
{
    private readonly SimulatedDatagrams.Port _port;
    private readonly Random _random;
    private readonly NodeId _self;

    public LyingNode(SimulatedDatagrams.Port port, Random random)
    {
        _port = port;
        _random = random;
        _self = NodeId.Create(random);
        port.Handler = this;
    }

    /// <summary>Number of queries answered.</summary>
    public long Lies { get; private set; }

    /// <summary>Introduces itself to a node, which will ping it.</summary>
    public void Greet(IPEndPoint node) => _port.Send(
        new KrpcWriter().Write(new FindNodeQuery { TransactionId = "li"u8.ToArray(), Sender = _self, Target = _self }).Span, node);

    public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        if (!KrpcReader.TryRead(datagram, out KrpcMessage? message) || message is not KrpcQuery query)
            return true;

        Lies++;
        NodeId? target = query switch
        {
            FindNodeQuery find => find.Target,
            GetPeersQuery get => NodeId.Of(get.InfoHash),
            _ => null,
        };
        _port.Send(
            new KrpcWriter().Write(new KrpcResponse
            {
                TransactionId = query.TransactionId,
                Sender = _self,
                Requester = new IPEndPoint(IPAddress.Parse("66.6.6.6"), 666),
                Nodes = target is { } near
                    ? [.. Enumerable.Range(0, 8).Select(_ => new NodeContact(near.CreateNear(_random.Next(8, 60), _random), Nowhere()))]
                    : null,
                Peers = query is GetPeersQuery ? [Nowhere(), Nowhere()] : null,
                Token = "believe me"u8.ToArray(),
            }).Span,
            remote);
        return true;
    }

    private IPEndPoint Nowhere() => new(new IPAddress([60, (byte)_random.Next(256), (byte)_random.Next(256), (byte)_random.Next(1, 255)]), _random.Next(1, 65536));
}
