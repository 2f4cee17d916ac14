using System.Net;
using System.Text;
using TorrentPatron.Engine.Network;

namespace TorrentPatron.Engine.Tests.Network;

public sealed class DatagramOutboxTests
{
    private static readonly IPEndPoint Remote = new(IPAddress.Loopback, 9);

    [Fact]
    public void A_lone_datagram_leaves_at_once()
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
    public void Datagrams_that_come_while_others_are_sent_leave_together()
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
    public void What_was_gathered_leaves_together()
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
    public void A_full_outbox_leaves_while_it_gathers_and_loses_what_comes_before_there_is_room()
    {
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { });

        outbox.Gather();
        int taken = 0;
        for (int i = 0; i < 200; i++)
            taken += outbox.TrySend("x"u8, Remote) ? 1 : 0;

        Assert.Equal(64, taken);
        Assert.Equal(32, Assert.Single(socket.Sent).Split(' ').Length);
        socket.Continue();
        Assert.Equal(2, socket.Sent.Count);
        Assert.True(outbox.TrySend("x"u8, Remote));
    }

    [Fact]
    public void A_datagram_longer_than_a_link_carries_is_lost()
    {
        var socket = new SlowSocket();
        var outbox = new DatagramOutbox(socket, _ => { });

        Assert.False(outbox.TrySend(new byte[DatagramOutbox.LongestDatagram + 1], Remote));
        Assert.Empty(socket.Sent);
    }

    [Fact]
    public void After_a_fault_of_the_socket_the_next_datagram_leaves()
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

    /// <summary>Sends a batch when the test lets it.</summary>
    private sealed class SlowSocket : IDatagramSocket
    {
        private TaskCompletionSource? _pending;

        public IPEndPoint LocalEndPoint { get; } = new(IPAddress.Loopback, 1);

        /// <summary>The batches, the datagrams of each with a space between them.</summary>
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
