using System.Net;
using System.Net.Sockets;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Discovery;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Engine.Tests.Discovery;

public sealed class DhtAllocationTests
{
    private const int Queries = 1_000;

    private static readonly byte[] Transaction = "aa"u8.ToArray();
    private static readonly NodeId Asker = NodeId.Create(new Random(1));

    [Theory]
    [InlineData("ping", 2_000)]
    [InlineData("find_node", 4_500)]
    [InlineData("get_peers", 4_500)]
    public void An_answer_allocates_the_read_message_but_no_buffers(string method, int most)
    {
        KrpcQuery query = method switch
        {
            "ping" => new PingQuery { TransactionId = Transaction, Sender = Asker },
            "find_node" => new FindNodeQuery { TransactionId = Transaction, Sender = Asker, Target = Asker },
            _ => new GetPeersQuery { TransactionId = Transaction, Sender = Asker, InfoHash = InfoHash.OfInfo("a"u8) },
        };
        var port = new AnsweringPort();
        using DhtNode node = NodeWithContacts(port);
        byte[] question = new KrpcWriter().Write(query).ToArray();
        IPEndPoint[] askers = [.. Enumerable.Range(0, Queries).Select(i => new IPEndPoint(new IPAddress([10, 99, (byte)(i >> 8), (byte)i]), 6881))];
        Ask();

        long sent = port.Sent;
        long before = GC.GetAllocatedBytesForCurrentThread();
        Ask();
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / Queries;

        Assert.Equal(Queries, port.Sent - sent);
        Assert.InRange(each, 0, most);

        void Ask()
        {
            foreach (IPEndPoint asker in askers)
                node.TryHandle(question, asker);
        }
    }

    private static DhtNode NodeWithContacts(AnsweringPort port)
    {
        var time = new FrozenTime();
        var node = new DhtNode(
            new DhtSettings { IsEnabled = true, MaxUploadRate = 100_000_000 }, port, _ => 6881,
            new BootstrapResolver([], (_, _) => throw new InvalidOperationException(), time), time, new Random(1),
            fault => throw new InvalidOperationException("The node failed.", fault));
        port.Node = node;
        node.Start(new DhtState());
        for (int i = 1; i < 60; i++)
        {
            node.AddNode(new IPEndPoint(new IPAddress([10, (byte)i, 0, 1]), 6881));
            port.Answer();
        }

        Assert.True(node.Status.NodesIPv4 >= RoutingTable.BucketSize, $"{node.Status.NodesIPv4} nodes are known");
        return node;
    }

    /// <summary>Counts sent datagrams, and answers queries on request.</summary>
    private sealed class AnsweringPort : IDatagramPort
    {
        private readonly Queue<(byte[] Datagram, IPEndPoint Remote)> _asked = [];

        public DhtNode? Node { get; set; }

        public long Sent { get; private set; }

        public void Answer()
        {
            while (_asked.TryDequeue(out (byte[] Datagram, IPEndPoint Remote) asked))
            {
                if (!KrpcReader.TryRead(asked.Datagram, out KrpcMessage? message) || message is not KrpcQuery query)
                    continue;
                var answer = new KrpcResponse
                {
                    TransactionId = query.TransactionId, Sender = NodeId.Create(new Random(asked.Remote.GetHashCode())), Nodes = [],
                };
                Node!.TryHandle(new KrpcWriter().Write(answer), asked.Remote);
            }
        }

        public bool Has(AddressFamily family) => family == AddressFamily.InterNetwork;

        public void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote)
        {
            Sent++;
            if (remote.Address.GetAddressBytes()[1] < 60)
                _asked.Enqueue((datagram.ToArray(), remote));
        }

        public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken) =>
            throw new NotSupportedException("A node waits for nothing.");
    }

    /// <summary>A stopped clock, so that no timer disturbs the measurement.</summary>
    private sealed class FrozenTime : TimeProvider
    {
        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new FrozenTimer();

        private sealed class FrozenTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
