using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Diagnostics;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class SharedDatagramPortTests
{
    [Fact]
    public async Task Each_datagram_goes_to_the_first_handler_that_accepts_it()
    {
        await using SharedDatagramPort port = Open();
        await using SharedDatagramPort other = Open();
        var letters = new Handler((byte)'d');
        var rest = new Handler(null);
        port.Attach(letters);
        port.Attach(rest);

        other.Send("dht"u8.ToArray(), port.EndPoints[0]);
        other.Send("utp"u8.ToArray(), port.EndPoints[0]);

        Assert.Equal(("dht", other.EndPoints[0]), await letters.NextAsync());
        Assert.Equal(("utp", other.EndPoints[0]), await rest.NextAsync());
        Assert.Equal(6, port.BytesReceived);
        Assert.Equal(6, other.BytesSent);
    }

    [Fact]
    public async Task The_bytes_of_a_datagram_may_be_used_again_as_soon_as_it_is_sent()
    {
        await using SharedDatagramPort port = Open();
        await using SharedDatagramPort other = Open();
        var handler = new Handler(null);
        port.Attach(handler);
        byte[] bytes = "first"u8.ToArray();

        other.Send(bytes, port.EndPoints[0]);
        bytes.AsSpan().Fill((byte)'x');
        other.Send(bytes, port.EndPoints[0]);

        Assert.Equal("first", (await handler.NextAsync()).Text);
        Assert.Equal("xxxxx", (await handler.NextAsync()).Text);
    }

    [Fact]
    public async Task Sending_to_a_known_address_allocates_nothing()
    {
        const int Datagrams = 1_000;
        // A Debug build allocates the state machine of each async call.
        bool isDebug = typeof(SharedDatagramPort).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };
        await using SharedDatagramPort port = Open();
        await using SharedDatagramPort other = Open();
        byte[] bytes = new byte[100];
        IPEndPoint remote = port.EndPoints[0];
        Send(100);

        // A datagram is sent later, which allocates, only if the system's buffer is full.
        long least = long.MaxValue;
        for (int run = 0; run < 10; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Send(Datagrams);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(least, 0, (isDebug ? 600 : 20) * Datagrams);

        void Send(int count)
        {
            for (int i = 0; i < count; i++)
                other.Send(bytes, remote);
        }
    }

    [Fact]
    public async Task Protocols_are_told_after_each_batch_and_their_answers_are_sent_together()
    {
        await using SharedDatagramPort port = Open();
        await using SharedDatagramPort other = Open();
        var counter = new Counter(port);
        var answers = new Handler(null);
        port.Attach(counter);
        other.Attach(answers);

        using (other.Gather())
        {
            for (int i = 0; i < 20; i++)
                Assert.True(other.TrySend("x"u8, port.EndPoints[0], isWhole: i == 7));
        }

        int acknowledged = 0;
        int batches = 0;
        for (; acknowledged < 20; batches++)
            acknowledged += int.Parse((await answers.NextAsync()).Text, System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(20, acknowledged);
        Assert.InRange(batches, 1, 20);
        Assert.True(other.HasRoom(AddressFamily.InterNetwork));
        Assert.True(other.TrySend(new byte[2_000], port.EndPoints[0]));
    }

    [Fact]
    public async Task A_fault_at_a_datagram_is_recorded_and_the_next_is_received()
    {
        using var log = new EventLog(null);
        await using SharedDatagramPort port = Open();
        await using SharedDatagramPort other = Open();
        var handler = new Handler(null);
        port.Attach(new FaultyHandler());
        port.Attach(handler);

        other.Send("!"u8.ToArray(), port.EndPoints[0]);
        await log.NextAsync("FaultCaught", told => (string)told["root"]! == "UDP port");
        other.Send("next"u8.ToArray(), port.EndPoints[0]);
        Assert.Equal("next", (await handler.NextAsync()).Text);
    }

    [Fact]
    public async Task Datagrams_that_cannot_be_sent_are_lost_without_other_effects()
    {
        await using SharedDatagramPort port = Open();
        var handler = new Handler(null);
        port.Attach(handler);
        Assert.True(port.Has(AddressFamily.InterNetwork));
        Assert.False(port.Has(AddressFamily.InterNetworkV6));

        port.Send("x"u8.ToArray(), new IPEndPoint(IPAddress.IPv6Loopback, 1));
        port.Send(new byte[100_000], port.EndPoints[0]);
        port.Send("x"u8.ToArray(), new IPEndPoint(IPAddress.Loopback, 1));
        port.Send("me"u8.ToArray(), port.EndPoints[0]);

        Assert.Equal("me", (await handler.NextAsync()).Text);
    }

    [Fact]
    public async Task A_port_in_use_is_replaced_by_any_free_one()
    {
        await using SharedDatagramPort first = Open();
        await using SharedDatagramPort second = Open((ushort)first.EndPoints[0].Port);

        Assert.NotEqual(first.EndPoints[0].Port, Assert.Single(second.EndPoints).Port);
    }

    [Fact]
    public async Task A_bind_address_is_used_once_it_appears_and_no_other_before()
    {
        var network = new LateNetwork();
        await using var port = new SharedDatagramPort(TimeProvider.System);
        port.Open(network, _ => 0);
        await using SharedDatagramPort other = Open();
        var handler = new Handler(null);
        other.Attach(handler);
        CancellationToken cancel = TestContext.Current.CancellationToken;

        await Assert.ThrowsAsync<IOException>(() => port.SendAsync("early"u8.ToArray(), other.EndPoints[0], cancel).AsTask());
        network.IsUp = true;
        await port.SendAsync("late"u8.ToArray(), other.EndPoints[0], cancel);

        Assert.Equal(("late", Assert.Single(port.EndPoints)), await handler.NextAsync());
    }

    private static SharedDatagramPort Open(ushort number = 0)
    {
        var port = new SharedDatagramPort(TimeProvider.System);
        port.Open(new SocketNetwork(IPAddress.Loopback), _ => number);
        return port;
    }

    private sealed class FaultyHandler : IDatagramHandler
    {
        public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote) =>
            datagram.Span[0] == (byte)'!' ? throw new InvalidOperationException("A mistake.") : false;
    }

    /// <summary>Answers each batch with its number of datagrams.</summary>
    private sealed class Counter(SharedDatagramPort port) : IDatagramHandler
    {
        private int _count;
        private IPEndPoint? _from;

        public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote)
        {
            (_count, _from) = (_count + 1, remote);
            return true;
        }

        public void EndBatch(AddressFamily family)
        {
            Assert.Equal(AddressFamily.InterNetwork, family);
            port.Send(System.Text.Encoding.ASCII.GetBytes(_count.ToString(System.Globalization.CultureInfo.InvariantCulture)), _from!);
            _count = 0;
        }
    }

    /// <summary>A network with one address, which is missing at first.</summary>
    private sealed class LateNetwork : INetwork
    {
        private readonly SocketNetwork _inner = new(IPAddress.Loopback);

        public bool IsUp { get; set; }

        public ReadOnlyCollection<IPAddress> LocalAddresses => _inner.LocalAddresses;

        public ReadOnlyCollection<IPAddress> GroupAddresses => _inner.GroupAddresses;

        public Task<IPAddress[]> ResolveAsync(string host, NetworkUse use, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IConnection> ConnectAsync(IPEndPoint remote, NetworkUse use, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IListener Listen(IPEndPoint local) => throw new NotSupportedException();

        public IDatagramSocket OpenDatagrams(IPEndPoint local, NetworkUse use) => IsUp ? _inner.OpenDatagrams(local, use) : throw new IOException("not yet");

        public IDatagramSocket JoinGroup(IPEndPoint group, IPAddress local) => throw new NotSupportedException();
    }

    private sealed class Handler(byte? first) : IDatagramHandler
    {
        private readonly System.Threading.Channels.Channel<(string, IPEndPoint)> _taken = System.Threading.Channels.Channel.CreateUnbounded<(string, IPEndPoint)>();

        public async Task<(string Text, IPEndPoint From)> NextAsync() =>
            await _taken.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        public bool TryHandle(ReadOnlyMemory<byte> datagram, IPEndPoint remote) => (first is null || datagram.Span[0] == first)
            && _taken.Writer.TryWrite((System.Text.Encoding.ASCII.GetString(datagram.Span), remote));
    }
}
