using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>Tests that count allocations of the whole process: nothing else runs beside them.</summary>
[CollectionDefinition(nameof(WholeProcess), DisableParallelization = true)]
public sealed class WholeProcess;

[Collection(nameof(WholeProcess))]
public sealed class UdpDatagramSocketTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Datagrams_arrive_with_their_source_address(string host)
    {
        IPAddress address = IPAddress.Parse(host);
        Assert.SkipWhen(address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
        using IDatagramSocket first = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
        using IDatagramSocket second = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
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
    public async Task A_datagram_that_is_too_long_is_lost_without_others()
    {
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
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
    public async Task A_datagram_to_an_unused_port_does_not_end_a_receive()
    {
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        IDatagramSocket gone = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
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
    public async Task A_batch_arrives_whole_in_order_and_with_its_source_addresses(string host)
    {
        const int Many = 100;
        IPAddress address = IPAddress.Parse(host);
        Assert.SkipWhen(address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
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
        // Linux coalesces them on the way.
        Assert.InRange(calls, OperatingSystem.IsLinux() ? 1 : (Many + 6) / 7, (Many / 7) + 2);
    }

    [Fact]
    public async Task A_datagram_that_cannot_be_sent_does_not_delay_those_behind_it()
    {
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        var sent = new DatagramBatch(5, 70_000);
        Assert.True(sent.TryAdd("first"u8, here.LocalEndPoint));
        Assert.True(sent.TryAdd(new byte[70_000], here.LocalEndPoint));
        // The socket is bound to the loopback interface, which has no route there.
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

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Runs_of_datagrams_arrive_as_they_were_sent(string host)
    {
        IPAddress address = IPAddress.Parse(host);
        Assert.SkipWhen(address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using IDatagramSocket first = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
        using IDatagramSocket second = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
        var random = new Random(1);
        (IDatagramSocket To, int Length)[] plan =
        [
            .. Enumerable.Repeat((first, 1_400), 20), (first, 700), .. Enumerable.Repeat((first, 1_400), 3), (first, 1_401), (first, 1), (first, 1),
            .. Enumerable.Repeat((second, 1_000), 5), (second, 1_000), (first, 1_000), (first, 0), (first, 0), (second, 20), (first, 20), (second, 20),
            .. Enumerable.Repeat((second, 200), 70), .. Enumerable.Repeat((first, 900), 30), (first, 899),
        ];
        var sent = new DatagramBatch(200, 1_500);
        Dictionary<IDatagramSocket, List<byte[]>> expected = new() { [first] = [], [second] = [] };
        foreach ((IDatagramSocket to, int length) in plan)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            // A new end point each time: end points are compared by value.
            Assert.True(sent.TryAdd(bytes, new IPEndPoint(to.LocalEndPoint.Address, to.LocalEndPoint.Port)));
            expected[to].Add(bytes);
        }

        Assert.Equal(plan.Sum(datagram => datagram.Length), await there.SendAsync(sent, Cancel));

        foreach ((IDatagramSocket socket, List<byte[]> bytes) in expected)
        {
            List<byte[]> received = await ReceiveAsync(socket, there, bytes.Count);
            Assert.Equal(bytes, received);
        }
    }

    [Fact]
    public async Task Runs_coalesced_by_Linux_are_split()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.OSVersion.Version >= new Version(5, 0), "Only Linux 5.0 or later supports this.");
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        var sent = new DatagramBatch(40, 1_400);
        for (int i = 0; i < 39; i++)
            Assert.True(sent.TryAdd(Enumerable.Repeat((byte)i, 1_400).ToArray(), here.LocalEndPoint));
        Assert.True(sent.TryAdd("short"u8, here.LocalEndPoint));
        await there.SendAsync(sent, Cancel);

        var batch = new DatagramBatch(1, 1_400);
        await ReceiveAsync(here, batch);

        Assert.Equal(40, batch.Count);
        for (int i = 0; i < 39; i++)
            Assert.Equal(Enumerable.Repeat((byte)i, 1_400), batch[i].ToArray());
        Assert.Equal("short"u8, batch[39].Span);
        Assert.Same(batch.Remote(0), batch.Remote(39));
    }

    [Fact]
    public async Task A_run_that_cannot_be_sent_does_not_delay_those_around_it()
    {
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        var nowhere = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 1);
        var sent = new DatagramBatch(100, 1_400);
        var expected = new List<byte[]>();
        for (int run = 0; run < 3; run++)
        {
            for (int i = 0; i < 10; i++)
            {
                byte[] bytes = Enumerable.Repeat((byte)((10 * run) + i), 1_000).ToArray();
                expected.Add(bytes);
                Assert.True(sent.TryAdd(bytes, here.LocalEndPoint));
            }

            // The socket is bound to the loopback interface, which has no route there.
            for (int i = 0; i < 10; i++)
                Assert.True(sent.TryAdd(new byte[1_000], nowhere));
        }

        Assert.Equal(30_000, await there.SendAsync(sent, Cancel));

        Assert.Equal(expected, await ReceiveAsync(here, there, 30));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_datagram_that_must_not_be_fragmented_is_sent_in_its_turn(string host)
    {
        IPAddress address = IPAddress.Parse(host);
        Assert.SkipWhen(address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(address, 0), NetworkUse.Peers);
        var sent = new DatagramBatch(10, 1_400);
        var expected = new List<byte[]>();
        for (byte i = 0; i < 10; i++)
        {
            byte[] bytes = Enumerable.Repeat(i, 1_400).ToArray();
            expected.Add(bytes);
            Assert.True(sent.TryAdd(bytes, here.LocalEndPoint, isWhole: i is 0 or 4 or 9));
        }

        Assert.Equal(14_000, await there.SendAsync(sent, Cancel));

        Assert.Equal(expected, await ReceiveAsync(here, there, 10));
    }

    [Fact]
    public async Task A_batch_larger_than_the_systems_buffer_waits_for_room()
    {
        const int Many = 2_000;
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        var sent = new DatagramBatch(Many, 1_400);
        for (int i = 0; i < Many; i++)
            sent.Add(1_400, here.LocalEndPoint);

        Assert.Equal(1_400 * Many, await there.SendAsync(sent, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel));
    }

    [Fact]
    public async Task Disposing_ends_a_receive_and_a_batch_send()
    {
        IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        var batch = new DatagramBatch(2, 100);
        Task receiving = here.ReceiveAsync(batch, Cancel).AsTask();
        here.Dispose();
        await Assert.ThrowsAsync<IOException>(() => receiving.WaitAsync(TimeSpan.FromSeconds(30), Cancel));

        var sent = new DatagramBatch(2, 100);
        sent.Add(5, new IPEndPoint(IPAddress.Loopback, 1));
        await Assert.ThrowsAsync<IOException>(() => here.SendAsync(sent, Cancel).AsTask());
    }

    [Fact]
    public async Task A_datagram_to_or_from_a_known_peer_allocates_nothing()
    {
        const int Datagrams = 2_000;
        // A Debug build allocates the state machine of each async call.
        bool isDebug = typeof(SocketNetwork).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };
        int most = isDebug ? 300 : 20;
        using IDatagramSocket here = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        using IDatagramSocket there = new SocketNetwork().OpenDatagrams(new IPEndPoint(IPAddress.Loopback, 0), NetworkUse.Peers);
        var buffer = new byte[2_000];
        var batch = new DatagramBatch(1, 2_000);
        await Task.Run(() => ExchangeAsync(100), Cancel);

        // The runtime's own threads allocate too, so the minimum of several runs counts.
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

    /// <summary>Receives the given number of datagrams, all from the same socket.</summary>
    private static async Task<List<byte[]>> ReceiveAsync(IDatagramSocket socket, IDatagramSocket from, int count)
    {
        var batch = new DatagramBatch(16, 1_500);
        var received = new List<byte[]>();
        while (received.Count < count)
        {
            await ReceiveAsync(socket, batch);
            for (int i = 0; i < batch.Count; i++)
            {
                Assert.Equal(from.LocalEndPoint, batch.Remote(i));
                received.Add(batch[i].ToArray());
            }
        }

        return received;
    }

    private static Task ReceiveAsync(IDatagramSocket socket, DatagramBatch batch) =>
        socket.ReceiveAsync(batch, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel);
}
