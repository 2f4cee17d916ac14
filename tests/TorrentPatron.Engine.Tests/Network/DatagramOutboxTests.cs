using System.Net;
using System.Text;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class DatagramOutboxTests
{
    private static readonly IPEndPoint Remote = new(IPAddress.Loopback, 9);

    [Fact]
    public void A_single_datagram_is_sent_at_once()
    {
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { });

        Assert.True(outbox.TrySend("one"u8, Remote));
        socket.Continue();
        Assert.True(outbox.TrySend("two"u8, Remote));
        socket.Continue();

        Assert.Equal(["one", "two"], socket.Sent);
    }

    [Fact]
    public void Datagrams_added_during_a_send_are_sent_together()
    {
        int bytes = 0;
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, sent => bytes += sent);

        foreach (char name in "abcd")
            Assert.True(outbox.TrySend([(byte)name], Remote));
        Assert.Equal(["a"], socket.Sent);
        socket.Continue();

        Assert.Equal(["a", "b c d"], socket.Sent);
        socket.Continue();
        Assert.Equal(4, bytes);
    }

    [Fact]
    public void Gathered_datagrams_are_sent_together()
    {
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { });

        outbox.Gather();
        outbox.Gather();
        Assert.True(outbox.TrySend("a"u8, Remote));
        outbox.Release();
        Assert.True(outbox.TrySend("b"u8, Remote));
        Assert.Empty(socket.Sent);
        outbox.Release();

        Assert.Equal(["a b"], socket.Sent);
    }

    [Fact]
    public void Many_datagrams_are_sent_while_it_gathers_and_those_beyond_its_bound_are_lost()
    {
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { });

        outbox.Gather();
        int taken = 0;
        for (int i = 0; i < 2 * DatagramOutbox.Most; i++)
            taken += outbox.TrySend("x"u8, Remote) ? 1 : 0;

        Assert.Equal(DatagramOutbox.MostGathered + DatagramOutbox.Most, taken);
        Assert.Equal(DatagramOutbox.MostGathered, Assert.Single(socket.Sent).Split(' ').Length);
        socket.Continue();
        Assert.Equal(2, socket.Sent.Count);
        Assert.True(outbox.TrySend("x"u8, Remote));
    }

    [Fact]
    public async Task Senders_that_can_wait_leave_room_for_others_and_are_told_when_there_is_room()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        var told = new SemaphoreSlim(0);
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { }, () => told.Release());

        Assert.True(outbox.TrySend("first"u8, Remote, canWait: true));
        int taken = 0;
        while (outbox.TrySend("x"u8, Remote, canWait: true))
            taken++;
        Assert.False(outbox.HasRoom());
        Assert.Equal(DatagramOutbox.Most - DatagramOutbox.Reserve, taken);
        for (int i = 0; i < DatagramOutbox.Reserve; i++)
            Assert.True(outbox.TrySend("other"u8, Remote));
        Assert.False(outbox.TrySend("other"u8, Remote));
        Assert.Equal(0, told.CurrentCount);
        socket.Continue();

        Assert.True(await told.WaitAsync(TimeSpan.FromSeconds(30), cancel));
        Assert.True(outbox.HasRoom());
        socket.Continue();
        Assert.Equal(0, told.CurrentCount);
    }

    [Fact]
    public void An_idle_outbox_holds_little_memory()
    {
        const int Little = 2 * 64 * 1024;
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { });
        Assert.Equal(0, outbox.Memory);

        byte[] datagram = new byte[DatagramOutbox.LongestDatagram];
        for (int round = 0; round < 3; round++)
        {
            while (outbox.TrySend(datagram, Remote))
            {
            }

            Assert.InRange(outbox.Memory, DatagramOutbox.Most * datagram.Length, 2 * DatagramOutbox.Most * datagram.Length);
            socket.Continue();
            socket.Continue();
            Assert.InRange(outbox.Memory, 0, Little);
        }
    }

    [Fact]
    public void A_datagram_longer_than_the_link_allows_is_lost()
    {
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { });

        Assert.False(outbox.TrySend(new byte[DatagramOutbox.LongestDatagram + 1], Remote));
        Assert.Empty(socket.Sent);
    }

    [Fact]
    public void After_a_socket_fault_the_next_datagram_is_sent()
    {
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { });

        outbox.TrySend("a"u8, Remote);
        socket.Break(new IOException("closed"));
        outbox.TrySend("b"u8, Remote);
        socket.Break(new InvalidOperationException("A mistake."));
        outbox.TrySend("c"u8, Remote);

        Assert.Equal(["a", "b", "c"], socket.Sent);
    }

    /// <summary>Sends each batch when the test releases it.</summary>
    private sealed class SlowSocket : IDatagramSocket
    {
        private TaskCompletionSource? _pending;

        public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Loopback, 1);

        /// <summary>The sent batches; each is its datagrams, separated by spaces.</summary>
        public List<string> Sent { get; } = [];

        public void Continue() => _pending!.SetResult();

        public void Break(Exception fault) => _pending!.SetException(fault);

        public async ValueTask<int> SendAsync(DatagramBatch batch, CancellationToken cancellationToken)
        {
            string[] texts = [.. Enumerable.Range(0, batch.Count).Select(i => Encoding.ASCII.GetString(batch[i].Span))];
            Sent.Add(string.Join(' ', texts));
            _pending = new TaskCompletionSource();
            await _pending.Task;
            return texts.Sum(text => text.Length);
        }

        public ValueTask SendAsync(ReadOnlyMemory<byte> datagram, IPEndPoint remote, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask ReceiveAsync(DatagramBatch batch, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
