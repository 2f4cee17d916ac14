using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Utp;

namespace TorrentPatron.Engine.Tests.Network;

/// <summary>uTP over real sockets on this machine.</summary>
public sealed class UtpTransportTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly UtpSide _one = new();
    private readonly UtpSide _other = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Megabytes_are_transferred_in_both_directions_at_once()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        byte[] there = Bytes(8_000_000, 1), back = Bytes(5_000_000, 2);
        Task sending = Task.WhenAll(SendAsync(a, [.. there.AsSpan(1)]), SendAsync(b, back));
        byte[][] received = await Task.WhenAll(ReceiveAsync(b, there.Length - 1), ReceiveAsync(a, back.Length)).WaitAsync(Patience, Cancelled);
        await sending;
        Assert.True(received[0].AsSpan().SequenceEqual(there.AsSpan(1)));
        Assert.True(received[1].AsSpan().SequenceEqual(back));
        Assert.Equal(PeerTransport.Utp, b.Transport);
        Assert.InRange(a.Overhead(1_000_000), 30_000, 110_000);
    }

    [Fact]
    public async Task The_end_of_a_stream_arrives_after_its_last_byte()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        byte[] bytes = Bytes(100_000, 1);
        await a.SendAsync(bytes);
        a.Dispose();
        Assert.Equal(bytes, await ReceiveAsync(b, bytes.Length).WaitAsync(Patience, Cancelled));
        Assert.Equal(0, await b.ReceiveAsync(new byte[10]).AsTask().WaitAsync(Patience, Cancelled));
        b.Dispose();
        await UntilAsync(() => _one.Transport.Count == 0 && _other.Transport.Count == 0);
        Assert.Equal(0, _one.Transport.Packets.Rented + _other.Transport.Packets.Rented);
    }

    [Fact]
    public async Task A_receiver_that_does_not_read_holds_up_the_sender()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        byte[] bytes = Bytes(16_000_000, 1);
        Task sending = SendAsync(a, bytes);
        await Task.Delay(500, Cancelled);
        Assert.False(sending.IsCompleted);
        byte[] received = await ReceiveAsync(b, bytes.Length).WaitAsync(Patience, Cancelled);
        await sending.WaitAsync(Patience, Cancelled);
        Assert.True(received.AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task A_receive_waits_for_its_threshold()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        b.SetReceiveThreshold(5_000);
        Task<int> receiving = b.ReceiveAsync(new byte[10_000]).AsTask();
        await a.SendAsync(new byte[4_000]);
        await Task.Delay(300, Cancelled);
        Assert.False(receiving.IsCompleted);
        await a.SendAsync(new byte[1_000]);
        Assert.Equal(5_000, await receiving.WaitAsync(Patience, Cancelled));

        receiving = b.ReceiveAsync(new byte[10_000]).AsTask();
        await a.SendAsync(new byte[100]);
        await Task.Delay(300, Cancelled);
        Assert.False(receiving.IsCompleted);
        b.SetReceiveThreshold(1);
        Assert.Equal(100, await receiving.WaitAsync(Patience, Cancelled));
    }

    [Fact]
    public async Task Disposing_ends_pending_calls()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        Task receiving = a.ReceiveAsync(new byte[10]).AsTask();
        Task sending = SendAsync(a, new byte[16_000_000]);
        a.Dispose();
        await Assert.ThrowsAsync<IOException>(() => receiving.WaitAsync(Patience, Cancelled));
        await Assert.ThrowsAsync<IOException>(() => sending.WaitAsync(Patience, Cancelled));
        await Assert.ThrowsAsync<IOException>(() => a.SendAsync(new byte[1]).AsTask());
        await Assert.ThrowsAsync<IOException>(() => a.ReceiveAsync(new byte[1]).AsTask());
        b.Dispose();
    }

    [Fact]
    public async Task Without_a_listener_a_dial_is_refused_at_once()
    {
        _other.Transport.Accepted = null;
        await Assert.ThrowsAsync<IOException>(() => _one.Transport.ConnectAsync(_other.EndPoint, Cancelled).WaitAsync(Patience, Cancelled));
        Assert.Equal(0, _one.Transport.Count);
    }

    [Fact]
    public async Task An_abandoned_dial_leaves_nothing_behind()
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _one.Transport.ConnectAsync((IPEndPoint)silent.Client.LocalEndPoint!, patience.Token).WaitAsync(Patience, Cancelled));
        Assert.Equal(0, _one.Transport.Count);
    }

    [Fact]
    public async Task A_flood_of_requests_stores_nothing_and_does_not_keep_others_out()
    {
        using var attacker = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        byte[] packet = new byte[UtpHeader.Length];
        for (int i = 0; i < 5_000; i++)
        {
            new UtpHeader(UtpPacketType.Syn, (ushort)i, 1, 0, 1_000, 7, 0).Write(packet);
            await attacker.SendAsync(packet, _other.EndPoint, Cancelled);
            // It does not know the number to acknowledge: it guesses.
            new UtpHeader(UtpPacketType.Data, (ushort)(i + 1), 1, 0, 1_000, 8, (ushort)(i * 13)).Write(packet);
            await attacker.SendAsync(packet, _other.EndPoint, Cancelled);
        }

        (IConnection a, _) = await ConnectAsync();
        Assert.InRange(_other.Transport.Count, 1, 4);
        a.Dispose();
    }

    [Fact]
    public async Task Packets_from_other_hosts_do_not_harm_a_connection()
    {
        (IConnection a, IConnection b) = await ConnectAsync();
        using var attacker = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        byte[] packet = new byte[UtpHeader.Length + 10];
        for (int i = 0; i < 2_000; i++)
        {
            Random.Shared.NextBytes(packet);
            packet[0] = (byte)((i % 5 << 4) | 1);
            packet[1] = 0;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), ((UtpStream)b).ReceiveId);
            await attacker.SendAsync(packet, _other.EndPoint, Cancelled);
        }

        byte[] bytes = Bytes(500_000, 1);
        Task sending = SendAsync(a, bytes);
        Assert.Equal(bytes, await ReceiveAsync(b, bytes.Length).WaitAsync(Patience, Cancelled));
        await sending;
    }

    private static byte[] Bytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task SendAsync(IConnection connection, byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length; sent += 100_000)
            await connection.SendAsync(bytes.AsMemory(sent, Math.Min(100_000, bytes.Length - sent)));
    }

    private static async Task<byte[]> ReceiveAsync(IConnection connection, int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int received = await connection.ReceiveAsync(bytes.AsMemory(have));
            Assert.True(received > 0, $"The stream has ended after {have} of {count} bytes.");
            have += received;
        }

        return bytes;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!condition())
            await Task.Delay(10, patience.Token);
    }

    /// <summary>Connects and sends the first byte, which makes the other side accept.</summary>
    private async Task<(IConnection A, IConnection B)> ConnectAsync()
    {
        IConnection a = await _one.Transport.ConnectAsync(_other.EndPoint, Cancelled).WaitAsync(Patience, Cancelled);
        await a.SendAsync(new byte[1]);
        while (true)
        {
            IConnection b = await _other.Accepted.Reader.ReadAsync(Cancelled).AsTask().WaitAsync(Patience, Cancelled);
            if (!b.RemoteEndPoint.Equals(_one.EndPoint))
                continue;
            Assert.Equal(1, await b.ReceiveAsync(new byte[1]).AsTask().WaitAsync(Patience, Cancelled));
            return (a, b);
        }
    }

    private sealed class UtpSide : IAsyncDisposable
    {
        private readonly SharedDatagramPort _port = new(TimeProvider.System);

        public UtpSide()
        {
            Transport = new UtpTransport(_port, TimeProvider.System, new Random());
            Transport.Accepted = connection => Accepted.Writer.TryWrite(connection);
            _port.Attach(Transport);
            _port.Open(new SocketNetwork(IPAddress.Loopback), static _ => 0);
        }

        public UtpTransport Transport { get; }

        public Channel<IConnection> Accepted { get; } = Channel.CreateUnbounded<IConnection>();

        public IPEndPoint EndPoint => _port.EndPoints[0];

        public async ValueTask DisposeAsync()
        {
            Transport.Dispose();
            await _port.DisposeAsync();
        }
    }
}
