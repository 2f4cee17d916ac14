using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Tests.Discovery;

/// <summary>A host on a simulated network that sends the test's queries and records received datagrams.</summary>
internal sealed class DhtProbe : IDatagramHandler
{
    private readonly SimulatedDatagrams _network;
    private readonly SimulatedDatagrams.Port _port;

    public DhtProbe(SimulatedDatagrams network, string address, NodeId? id = null)
    {
        _network = network;
        EndPoint = IPEndPoint.Parse(address);
        _port = network.Open(EndPoint);
        _port.Handler = this;
        Id = id ?? NodeId.Create(new Random(EndPoint.Address.GetHashCode()));
    }

    public IPEndPoint EndPoint { get; }

    public NodeId Id { get; }

    /// <summary>All received messages.</summary>
    public List<KrpcMessage> Received { get; } = [];

    /// <summary>Answers queries; null: they are only recorded.</summary>
    public Func<KrpcQuery, KrpcResponse?>? Answer { get; set; }

    public void Send(ReadOnlyMemory<byte> datagram, IPEndPoint to) => _port.Send(datagram.Span, to);

    public void Ask(KrpcQuery query, IPEndPoint to) => Send(new KrpcWriter().Write(query), to);

    /// <summary>Sends a query and waits for its answer.</summary>
    public KrpcMessage? AskFor(KrpcQuery query, IPEndPoint to)
    {
        Received.Clear();
        Ask(query, to);
        _network.Advance(TimeSpan.FromSeconds(1));
        return Received.Find(message => message is KrpcResponse or KrpcError && message.TransactionId.Span.SequenceEqual(query.TransactionId.Span));
    }

    public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
    {
        Assert.True(KrpcReader.TryRead(datagram.ToArray(), out KrpcMessage? message));
        Received.Add(message);
        if (message is KrpcQuery query && Answer?.Invoke(query) is { } answer)
            Send(new KrpcWriter().Write(answer with { TransactionId = query.TransactionId }), remote);
        return true;
    }
}
