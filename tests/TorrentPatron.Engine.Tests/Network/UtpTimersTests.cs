using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Utp;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class UtpTimersTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void Idle_connections_are_kept_alive_without_waking_threads_one_by_one()
    {
        var clock = new CountingClock();
        var port = new CountingPort();
        using var transport = new UtpTransport(port, clock, new Random(1));
        for (ushort i = 0; i < 500; i++)
        {
            clock.Advance(2 * Step);
            var first = new UtpHeader(UtpPacketType.Data, i, 1, 0, 1_000, 2, 6);
            var stream = new UtpStream(transport, new IPEndPoint(IPAddress.Loopback, 1_000 + i), first, 7);
            // The acknowledgement of a full packet waits for a second one: each connection has a timer for that.
            stream.Receive(first, [], new byte[528], transport.Now);
            stream.EndBatch(transport.Now);
        }

        Pass(5 * Step);
        Assert.Equal(500, port.Sent);
        clock.Calls = 0;
        Pass(TimeSpan.FromSeconds(18));
        Assert.Equal(500, port.Sent);
        Assert.InRange(clock.Calls, 1, 40);
        Pass(TimeSpan.FromSeconds(12));
        Assert.Equal(1_000, port.Sent);

        void Pass(TimeSpan time)
        {
            for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += Step)
                clock.Advance(Step);
        }
    }

    /// <summary>Counts the callbacks of its timers.</summary>
    private sealed class CountingClock : FakeTimeProvider
    {
        public int Calls { get; set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(
                state =>
                {
                    Calls++;
                    callback(state);
                },
                state, dueTime, period);
    }

    /// <summary>Counts sent datagrams.</summary>
    private sealed class CountingPort : IDatagramPort
    {
        public int Sent { get; private set; }

        public bool Has(AddressFamily family) => true;

        public void Send(ReadOnlySpan<byte> datagram, IPEndPoint remote) => Sent++;

        public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
