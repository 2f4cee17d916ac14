using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
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
        var buffer = new byte[100];
        for (int i = 0; i < 3; i++)
        {
            foreach (IDatagramSocket there in (IDatagramSocket[])[first, second])
            {
                await there.SendAsync("hello"u8.ToArray(), here.LocalEndPoint, Cancel);
                Assert.Equal((5, there.LocalEndPoint), await here.ReceiveAsync(buffer, Cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel));
            }
        }
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
                ValueTask<(int Length, IPEndPoint Remote)> received = here.ReceiveAsync(buffer, cancel);
                await there.SendAsync(buffer.AsMemory(0, 1_400), here.LocalEndPoint, cancel);
                bytes += (await received).Length;
            }

            Assert.Equal(1_400 * count, bytes);
        }
    }
}
