using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>Tests that count what the whole process allocates: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(WholeProcess), DisableParallelization = true)]
public sealed class WholeProcess;

[Collection(nameof(WholeProcess))]
public sealed class UdpDatagramSocketTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Datagrams_arrive_with_the_address_that_they_came_from(string host)
    {
        IPAddress address = IPAddress.Parse(host);
        Assert.SkipWhen(address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6, "No IPv6 here.");
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0));
        using IDatagramSocket first = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0));
        using IDatagramSocket second = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0));
        var batch = new DatagramBatch(4, 100);
        for (int i = 0; i < 3; i++)
        {
            foreach (IDatagramSocket there in (IDatagramSocket[])[first, second])
            {
                await there.SendAsync("hello"u8.ToArray(), here.LocalEndPoint, Cancel);
                await ReceiveAsync(here, batch);
                Assert.Equal(("hello", there.LocalEndPoint), (Encoding.ASCII.GetString(batch[0].Span), batch.Remote(0)));
                Assert.Equal(1, batch.Count);
            }
        }
    }

    [Fact]
    public async Task A_datagram_that_is_too_long_costs_none_but_itself()
    {
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        var batch = new DatagramBatch(4, 100);
        foreach (string text in (string[])[new string('a', 3000), new string('b', 3000), "one", new string('c', 3000), "two"])
            await there.SendAsync(Encoding.ASCII.GetBytes(text), here.LocalEndPoint, Cancel);

        var whole = new List<string>();
        while (whole.Count < 2)
        {
            await ReceiveAsync(here, batch);
            for (int i = 0; i < batch.Count; i++)
            {
                if (batch[i].Length < 100)
                    whole.Add(Encoding.ASCII.GetString(batch[i].Span));
            }
        }

        Assert.Equal(["one", "two"], whole);
    }

    [Fact]
    public async Task A_datagram_to_nobody_does_not_end_a_receive()
    {
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        IDatagramSocket gone = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        IPEndPoint nobody = gone.LocalEndPoint;
        gone.Dispose();
        for (int i = 0; i < 3; i++)
            await here.SendAsync("lost"u8.ToArray(), nobody, Cancel);
        await there.SendAsync("hello"u8.ToArray(), here.LocalEndPoint, Cancel);
        var batch = new DatagramBatch(4, 100);

        await ReceiveAsync(here, batch);

        Assert.Equal("hello", Encoding.ASCII.GetString(batch[0].Span));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_batch_arrives_whole_in_its_order_with_the_addresses_it_came_from(string host)
    {
        const int Many = 100;
        IPAddress address = IPAddress.Parse(host);
        Assert.SkipWhen(address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6, "No IPv6 here.");
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0));
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0));
        var sent = new DatagramBatch(Many, 8);
        for (int i = 0; i < Many; i++)
            Assert.True(sent.TryAdd(BitConverter.GetBytes(i), here.LocalEndPoint));

        Assert.Equal(4 * Many, await there.SendAsync(sent, Cancel));

        var numbers = new List<int>();
        var batch = new DatagramBatch(7, 8);
        int calls = 0;
        for (; numbers.Count < Many; calls++)
        {
            await ReceiveAsync(here, batch);
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.Equal(there.LocalEndPoint, batch.Remote(i));
                Assert.Equal(4, batch[i].Length);
                numbers.Add(BitConverter.ToInt32(batch[i].Span));
            }
        }

        Assert.Equal(Enumerable.Range(0, Many), numbers);
        Assert.InRange(calls, (Many + 6) / 7, (Many / 7) + 2);
    }

    [Fact]
    public async Task A_datagram_that_cannot_go_does_not_keep_back_those_behind_it()
    {
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        var sent = new DatagramBatch(5, 70_000);
        Assert.True(sent.TryAdd("first"u8, here.LocalEndPoint));
        Assert.True(sent.TryAdd(new byte[70_000], here.LocalEndPoint));
        // The socket is bound to the loopback interface, from where no way leads there.
        Assert.True(sent.TryAdd("lost"u8, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1)));
        Assert.True(sent.TryAdd("last"u8, here.LocalEndPoint));

        Assert.Equal(9, await there.SendAsync(sent, Cancel));

        var batch = new DatagramBatch(5, 100);
        List<string> received = [];
        while (received.Count < 2)
        {
            await ReceiveAsync(here, batch);
            for (int i = 0; i < batch.Count; i++)
                received.Add(Encoding.ASCII.GetString(batch[i].Span));
        }

        Assert.Equal(["first", "last"], received);
    }

    [Fact]
    public async Task A_batch_larger_than_the_systems_buffer_waits_for_room()
    {
        const int Many = 2_000;
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        var sent = new DatagramBatch(Many, 1_400);
        for (int i = 0; i < Many; i++)
            sent.Add(1_400, here.LocalEndPoint);

        Assert.Equal(1_400 * Many, await there.SendAsync(sent, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel));
    }

    [Fact]
    public async Task Disposing_ends_a_receive_and_a_send_of_many()
    {
        IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        var batch = new DatagramBatch(2, 100);
        Task receiving = here.ReceiveAsync(batch, Cancel).AsTask();
        here.Dispose();
        await Assert.ThrowsAsync<IOException>(() => receiving.WaitAsync(TimeSpan.FromSeconds(30), Cancel));

        var sent = new DatagramBatch(2, 100);
        sent.Add(5, new IPEndPoint(IPAddress.Loopback, 1));
        await Assert.ThrowsAsync<IOException>(() => here.SendAsync(sent, Cancel).AsTask());
    }

    [Fact]
    public async Task To_and_from_a_known_peer_a_datagram_allocates_nothing()
    {
        const int Datagrams = 2_000;
        // A Debug build allocates the state of each call of an async method.
        bool isDebug = typeof(SocketNetwork).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };
        int most = isDebug ? 300 : 20;
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0));
        var buffer = new byte[2_000];
        var batch = new DatagramBatch(1, 2_000);
        await Task.Run(() => ExchangeAsync(100), Cancel);

        // The runtime's own threads allocate too, so the least of some runs counts.
        long least = long.MaxValue;
        for (int run = 0; run < 10 && least > Datagrams; run++)
        {
            long before = GC.GetTotalAllocatedBytes();
            await Task.Run(() => ExchangeAsync(Datagrams), Cancel);
            least = Math.Min(least, GC.GetTotalAllocatedBytes() - before);
        }

        Assert.InRange(least, 0, most * Datagrams);

        async Task ExchangeAsync(int count)
        {
            CancellationToken cancel = Cancel;
            int bytes = 0;
            for (int i = 0; i < count; i++)
            {
                ValueTask received = here.ReceiveAsync(batch, cancel);
                await there.SendAsync(buffer.AsMemory(0, 1_400), here.LocalEndPoint, cancel);
                await received;
                bytes += batch[0].Length;
            }

            Assert.Equal(1_400 * count, bytes);
        }
    }

    private static Task ReceiveAsync(IDatagramSocket socket, DatagramBatch batch) =>
        socket.ReceiveAsync(batch, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel);
}
