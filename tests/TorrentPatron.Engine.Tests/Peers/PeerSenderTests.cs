using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Tests.Limits;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

public sealed class PeerSenderTests : IDisposable
{
    private readonly RecordingConnection _connection = new();
    private readonly PeerSender _sender;

    public PeerSenderTests()
    {
        _sender = new PeerSender(_connection, NoLimits.Make(), TimeProvider.System, cause => Assert.Fail(cause.Message));
        _sender.Serve(new NoBlocks(), _ => { });
    }

    [Fact]
    public void Once_all_blocks_are_sent_what_was_received_meanwhile_is_acknowledged()
    {
        for (int i = 0; i < 100; i++)
            _sender.Uploads.TryAdd(new BlockRequest(i, 0, 100));
        _sender.Flush();
        Assert.Equal(100 * (100 + PeerMessage.PieceHeaderLength), _connection.Sent);
        Assert.Equal(1, _connection.Acknowledged);
    }

    [Fact]
    public void Small_messages_alone_acknowledge_nothing_on_their_own()
    {
        _sender.Add(MessageId.Have, 1);
        _sender.Flush();
        Assert.Equal((MessageWriter.PieceIndexLength, 0), (_connection.Sent, _connection.Acknowledged));
    }

    public void Dispose()
    {
        _sender.Dispose();
    }

    private sealed class NoBlocks : IBlockReader
    {
        public ValueTask ReadAsync(ReadOnlyMemory<BlockRequest> blocks, Memory<byte> messages) => ValueTask.CompletedTask;
    }

    private sealed class RecordingConnection : IConnection
    {
        public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 1);

        public int Sent { get; private set; }

        public int Acknowledged { get; private set; }

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => throw new NotSupportedException();

        public ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
        {
            Sent += buffer.Length;
            return ValueTask.CompletedTask;
        }

        public void Acknowledge() => Acknowledged++;

        public void Dispose()
        {
        }
    }
}
