using System.Net;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class TcpConnectionTests : IAsyncLifetime
{
    private const int Threshold = 256 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private IConnection _here = null!;
    private IConnection _there = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var transport = new SocketNetwork();
        using IListener listener = transport.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        Task<IConnection> accept = listener.AcceptAsync(Cancel);
        _here = await transport.ConnectAsync(listener.LocalEndPoint, NetworkUse.Peers, Cancel);
        _there = await accept;
    }

    [Fact]
    public async Task Bytes_from_before_a_lower_threshold_are_received_when_it_is_set()
    {
        _here.SetReceiveThreshold(Threshold);
        Task<int> received = _here.ReceiveAsync(new byte[100]).AsTask();
        await _there.SendAsync(new byte[10]);
        _here.SetReceiveThreshold(1);
        Assert.Equal(10, await received.WaitAsync(Patience, Cancel));
    }

    [Fact]
    public async Task Bytes_up_to_the_threshold_are_received_at_once()
    {
        _here.SetReceiveThreshold(Threshold);
        Task<int> received = _here.ReceiveAsync(new byte[Threshold]).AsTask();
        Task sent = _there.SendAsync(new byte[2 * Threshold]).AsTask();
        Assert.InRange(await received.WaitAsync(Patience, Cancel), 1, Threshold);
        for (int left = (2 * Threshold) - await received; left > 0;)
            left -= await _here.ReceiveAsync(new byte[left]).AsTask().WaitAsync(Patience, Cancel);
        await sent;
    }

    [Fact]
    public async Task The_end_of_a_stream_is_reported_whatever_the_threshold()
    {
        _here.SetReceiveThreshold(Threshold);
        Task<int> received = _here.ReceiveAsync(new byte[100]).AsTask();
        await _there.SendAsync(new byte[10]);
        _there.Dispose();
        Assert.Equal(10, await received.WaitAsync(Patience, Cancel));
        Assert.Equal(0, await _here.ReceiveAsync(new byte[100]).AsTask().WaitAsync(Patience, Cancel));
    }

    [Fact]
    public void A_closed_connection_ignores_hints()
    {
        _here.Dispose();
        _here.Acknowledge();
        _here.SetReceiveThreshold(Threshold);
    }

    public ValueTask DisposeAsync()
    {
        _here.Dispose();
        _there.Dispose();
        return ValueTask.CompletedTask;
    }
}
