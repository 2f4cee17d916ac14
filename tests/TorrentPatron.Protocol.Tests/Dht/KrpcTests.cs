using System.Net;
using System.Text;
using TorrentPatron.Protocol.Dht;

namespace TorrentPatron.Protocol.Tests.Dht;

public sealed class KrpcTests
{
    private static readonly byte[] Transaction = "aa"u8.ToArray();
    private static readonly NodeId Asker = new("abcdefghij0123456789"u8);
    private static readonly NodeId Other = new("mnopqrstuvwxyz123456"u8);
    private static readonly InfoHash Torrent = new("mnopqrstuvwxyz123456"u8);

    /// <summary>The examples of BEP 5 and their values.</summary>
    public static TheoryData<string, string> Queries => new()
    {
        { "ping", "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe" },
        { "find_node", "d1:ad2:id20:abcdefghij01234567896:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe" },
        { "get_peers", "d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe" },
        {
            "announce_peer",
            "d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e5:token8:aoeusnthe"
            + "1:q13:announce_peer1:t2:aa1:y1:qe"
        },
    };

    [Theory]
    [MemberData(nameof(Queries))]
    public void The_queries_of_BEP_5_are_read(string method, string datagram)
    {
        KrpcMessage message = Read(datagram)!;
        Assert.Equal(Transaction, message.TransactionId);
        Assert.Equal(Asker, Assert.IsType<KrpcQuery>(message, exactMatch: false).Sender);
        switch (method)
        {
            case "ping":
                Assert.IsType<PingQuery>(message);
                break;
            case "find_node":
                Assert.Equal(Other, Assert.IsType<FindNodeQuery>(message).Target);
                break;
            case "get_peers":
                Assert.Equal(Torrent, Assert.IsType<GetPeersQuery>(message).InfoHash);
                break;
            default:
                var announce = Assert.IsType<AnnouncePeerQuery>(message);
                Assert.Equal(Torrent, announce.InfoHash);
                Assert.True(announce.IsPortImplied);
                Assert.Equal("aoeusnth"u8, announce.Token.Span);
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public void The_queries_of_BEP_5_are_written_exactly_except_the_version(string method, string datagram)
    {
        Assert.NotEmpty(method);
        var query = (KrpcQuery)Read(datagram)!;
        // The example contains a meaningless port.
        string expected = datagram.Replace("6881", "0", StringComparison.Ordinal);
        Assert.Equal(expected.Replace("1:y1:qe", "1:v4:TP\0\u00011:y1:qe", StringComparison.Ordinal), Encoding.Latin1.GetString(new KrpcWriter().Write(query).Span));
    }

    [Fact]
    public void The_answers_of_BEP_5_are_read()
    {
        var pong = Assert.IsType<KrpcResponse>(Read("d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re"));
        Assert.Equal(Other, pong.Sender);
        Assert.Null(pong.Nodes);
        Assert.Null(pong.Peers);

        var peers = Assert.IsType<KrpcResponse>(
            Read("d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re"));
        Assert.Equal("aoeusnth"u8, peers.Token.Span);
        Assert.Equal(["97.120.106.101:11893", "105.100.104.116:28269"], peers.Peers!.Select(peer => peer.ToString()));

        var error = Assert.IsType<KrpcError>(Read("d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee"));
        Assert.Equal(KrpcError.Generic, error.Code);
        Assert.Equal("A Generic Error Ocurred", error.Reason);
    }

    [Fact]
    public void Every_field_of_a_written_query_is_read()
    {
        KrpcQuery[] queries =
        [
            new FindNodeQuery
            {
                TransactionId = Transaction, Sender = Asker, Target = Other, Want = NodeFamilies.IPv4 | NodeFamilies.IPv6, IsReadOnly = true,
            },
            new GetPeersQuery
            {
                TransactionId = Transaction, Sender = Asker, InfoHash = Torrent, Want = NodeFamilies.IPv6, NoSeeds = true, WantsScrape = true,
            },
            new AnnouncePeerQuery
            {
                TransactionId = Transaction, Sender = Asker, InfoHash = Torrent, Port = 6881, IsSeed = true, Token = "tok"u8.ToArray(),
            },
            new SampleInfoHashesQuery { TransactionId = Transaction, Sender = Asker, Target = Other, Want = NodeFamilies.IPv4 },
        ];
        foreach (KrpcQuery query in queries)
        {
            Assert.True(KrpcReader.TryRead(new KrpcWriter().Write(query), out KrpcMessage? read));
            Assert.Equal(new KrpcWriter().Write(query).ToArray(), new KrpcWriter().Write((KrpcQuery)read).ToArray());
            Assert.Equal(query.IsReadOnly, ((KrpcQuery)read).IsReadOnly);
        }
    }

    [Fact]
    public void Every_field_of_a_written_answer_is_read()
    {
        var filter = new ScrapeFilter();
        filter.Add(IPAddress.Loopback);
        var response = new KrpcResponse
        {
            TransactionId = Transaction,
            Sender = Other,
            Requester = IPEndPoint.Parse("[2001:db8::9]:9"),
            Nodes = [new NodeContact(Asker, IPEndPoint.Parse("1.2.3.4:5")), new NodeContact(Other, IPEndPoint.Parse("[2001:db8::1]:6"))],
            Peers = [IPEndPoint.Parse("1.2.3.4:5"), IPEndPoint.Parse("[2001:db8::1]:6")],
            Token = "token"u8.ToArray(),
            SeedFilter = filter,
            PeerFilter = new ScrapeFilter(),
            Samples = [Torrent],
            TorrentCount = 7,
            SampleInterval = 60,
        };

        Assert.True(KrpcReader.TryRead(new KrpcWriter().Write(response), out KrpcMessage? message));

        var read = Assert.IsType<KrpcResponse>(message);
        Assert.Equal(response.Requester, read.Requester);
        Assert.Equal(response.Nodes, read.Nodes);
        Assert.Equal(response.Peers, read.Peers);
        Assert.Equal(response.Token.Span, read.Token.Span);
        Assert.Equal(filter.Bytes, read.SeedFilter!.Bytes);
        Assert.Equal(response.Samples, read.Samples);
        Assert.Equal((7, 60), (read.TorrentCount, read.SampleInterval));
    }

    [Fact]
    public void Writing_a_query_an_answer_or_an_error_allocates_nothing()
    {
        var writer = new KrpcWriter();
        var query = new AnnouncePeerQuery { TransactionId = Transaction, Sender = Asker, InfoHash = Torrent, Port = 1, Token = Transaction };
        var response = new KrpcResponse
        {
            TransactionId = Transaction,
            Sender = Other,
            Requester = IPEndPoint.Parse("1.2.3.4:5"),
            Nodes = [.. Enumerable.Range(1, 8).Select(i => new NodeContact(Asker, new IPEndPoint(i, i)))],
            Peers = [.. Enumerable.Range(1, 50).Select(i => new IPEndPoint(i, i))],
            Token = Transaction,
            Samples = [Torrent, Torrent],
        };
        var error = new KrpcError { TransactionId = Transaction, Code = KrpcError.MethodUnknown, Reason = "Method Unknown" };
        Write();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            Write();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Write()
        {
            writer.Write(query);
            writer.Write(query, "abcd"u8);
            writer.Write(response);
            writer.Write(error, response.Requester);
        }
    }

    [Fact]
    public void Each_query_has_its_own_transaction_id()
    {
        var query = new PingQuery { TransactionId = default, Sender = Asker };

        Assert.Equal(
            new KrpcWriter().Write(query with { TransactionId = Transaction }).ToArray(), new KrpcWriter().Write(query, Transaction).ToArray());
    }

    [Fact]
    public void After_a_query_that_cannot_be_written_the_next_one_is_complete()
    {
        var writer = new KrpcWriter();
        var query = new PingQuery { TransactionId = Transaction, Sender = Asker };
        Assert.Throws<ArgumentException>(() => writer.Write(new UnknownQuery { TransactionId = Transaction, Sender = Asker }));

        Assert.Equal(new KrpcWriter().Write(query).ToArray(), writer.Write(query).ToArray());
    }

    [Fact]
    public void An_error_is_written_with_the_requesters_address()
    {
        var error = new KrpcError { TransactionId = Transaction, Code = KrpcError.MethodUnknown, Reason = "Method Unknown" };
        Assert.Equal(
            "d1:eli204e14:Method Unknowne2:ip6:\u0001\u0002\u0003\u0004\0\u00051:t2:aa1:v4:TP\0\u00011:y1:ee",
            Encoding.Latin1.GetString(new KrpcWriter().Write(error, IPEndPoint.Parse("1.2.3.4:5")).Span));
    }

    [Theory]
    [InlineData("d1:q4:ping1:t2:aa1:y1:qe", KrpcError.Protocol)]
    [InlineData("d1:ad2:id19:abcdefghij012345678e1:q4:ping1:t2:aa1:y1:qe", KrpcError.Protocol)]
    [InlineData("d1:ad2:id20:abcdefghij0123456789e1:q9:find_node1:t2:aa1:y1:qe", KrpcError.Protocol)]
    [InlineData("d1:ad2:id20:abcdefghij0123456789e1:q9:get_peers1:t2:aa1:y1:qe", KrpcError.Protocol)]
    [InlineData("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti6881ee1:q13:announce_peer1:t2:aa1:y1:qe", KrpcError.Protocol)]
    [InlineData("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti0e5:token1:xe1:q13:announce_peer1:t2:aa1:y1:qe", KrpcError.Protocol)]
    [InlineData("d1:ad2:id20:abcdefghij01234567899:info_hash20:mnopqrstuvwxyz1234564:porti65536e5:token1:xe1:q13:announce_peer1:t2:aa1:y1:qe", KrpcError.Protocol)]
    [InlineData("d1:ad2:id20:abcdefghij0123456789e1:q4:vote1:t2:aa1:y1:qe", KrpcError.MethodUnknown)]
    [InlineData("d1:ad2:id20:abcdefghij0123456789e1:t2:aa1:y1:qe", KrpcError.MethodUnknown)]
    public void An_unanswerable_query_reports_the_reason(string datagram, int code)
    {
        var unfit = Assert.IsType<InvalidQuery>(Read(datagram));
        Assert.Equal(code, unfit.ErrorCode);
        Assert.Equal(Transaction, unfit.TransactionId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("i1e")]
    [InlineData("le")]
    [InlineData("de")]
    [InlineData("d1:t2:aa1:y1:xe")]
    [InlineData("d1:t0:1:y1:qe")]
    [InlineData("d1:ti1e1:y1:qe")]
    [InlineData("d1:rd2:id20:mnopqrstuvwxyz123456e1:y1:re")]
    [InlineData("d1:rd2:id19:mnopqrstuvwxyz12345e1:t2:aa1:y1:re")]
    [InlineData("d1:t2:aa1:y1:re")]
    [InlineData("d1:rd2:id20:mnopqrstuvwxyz123456e1:t33:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1:y1:re")]
    [InlineData("d1:alllllllllleeeeeeeeee1:t2:aa1:y1:qe")]
    [InlineData("d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:r")]
    public void An_invalid_message_is_not_answered(string datagram) => Assert.Null(Read(datagram));

    [Fact]
    public void Excess_entries_are_ignored()
    {
        string values = string.Concat(Enumerable.Repeat("6:axje.u", 300));
        string nodes = string.Concat(Enumerable.Repeat("abcdefghij0123456789axje.u", 40));
        var read = Assert.IsType<KrpcResponse>(
            Read($"d1:rd2:id20:abcdefghij01234567895:nodes{nodes.Length}:{nodes}5:token101:{new string('t', 101)}6:valuesl{values}ee1:t2:aa1:y1:re"));
        Assert.Equal(KrpcResponse.MaxNodes, read.Nodes!.Count);
        Assert.Equal(KrpcResponse.MaxPeers, read.Peers!.Count);
        Assert.True(read.Token.IsEmpty);

        string many = string.Concat(Enumerable.Repeat("0:", 600));
        Assert.Null(Read($"d1:rd2:id20:abcdefghij01234567896:valuesl{many}ee1:t2:aa1:y1:re"));
        Assert.Null(Read($"d1:rd2:id20:abcdefghij01234567891:x4200:{new string('x', 4200)}e1:t2:aa1:y1:re"));
    }

    [Fact]
    public void Absurd_values_are_ignored()
    {
        var read = Assert.IsType<KrpcResponse>(Read(
            "d2:ip5:abcde1:rd4:BFsd3:abc2:id20:abcdefghij01234567898:intervali-5e5:nodes27:abcdefghij0123456789axje.\0a"
            + "3:numi-1e7:samples21:abcdefghij0123456789x5:tokeni1e6:valuesl5:abcdei1e6:aaaa\0\0ee1:t2:aa1:y1:re"));
        Assert.Null(read.Requester);
        Assert.Null(read.SeedFilter);
        Assert.Empty(read.Peers!);
        Assert.Single(read.Nodes!);
        Assert.Single(read.Samples!);
        Assert.Equal((0, 0), (read.TorrentCount, read.SampleInterval));

        var error = Assert.IsType<KrpcError>(Read("d1:el6:\u001b[31m!e1:t2:aa1:y1:ee"));
        Assert.DoesNotContain('\u001b', error.Reason);
        Assert.IsType<KrpcError>(Read("d1:e1:x1:t2:aa1:y1:ee"));
    }

    [Fact]
    public void Random_bytes_never_throw()
    {
        var random = new Random(12);
        foreach (string datagram in Queries.Select(row => row.Data.Item2).Append(
            "d2:ip6:abcdef1:rd4:BFsd3:abc2:id20:abcdefghij01234567895:nodes26:abcdefghij0123456789axje.u5:token8:aoeusnth"
            + "6:valuesl6:axje.u6:idhtnmee1:t2:aa1:y1:re"))
        {
            byte[] good = Encoding.Latin1.GetBytes(datagram);
            for (int round = 0; round < 4_000; round++)
            {
                byte[] bytes = [.. good];
                for (int i = random.Next(1, 5); i > 0; i--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                KrpcReader.TryRead(bytes.AsMemory(0, random.Next(bytes.Length + 1)), out _);
            }
        }
    }

    private static KrpcMessage? Read(string datagram) =>
        KrpcReader.TryRead(Encoding.Latin1.GetBytes(datagram), out KrpcMessage? message) ? message : null;

    private sealed record UnknownQuery : KrpcQuery;
}
