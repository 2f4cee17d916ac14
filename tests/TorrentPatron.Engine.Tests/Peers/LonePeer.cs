using System.Buffers.Binary;
using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Tests.Limits;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

/// <summary>A connected peer without a swarm: it records messages and sends nothing.</summary>
internal sealed class LonePeer : IDisposable
{
    private readonly SinkConnection _connection = new();

    public LonePeer(int pieceCount, bool isFast = true, TimeProvider? time = null)
    {
        Handler = new RecordingHandler(pieceCount);
        Connection = new PeerConnection(
            Handler, _connection, new Handshake(default, default, SupportsFast: isFast, SupportsExtensions: false, SupportsDht: false),
            isIncoming: true, new ExtensionTable(), NoLimits.Make(), time ?? TimeProvider.System);
    }

    /// <summary>Receives its events.</summary>
    public RecordingHandler Handler { get; }

    public PeerConnection Connection { get; }

    /// <summary>Takes the messages sent to it since the last call: name, piece and offset in blocks.</summary>
    public string[] TakeSent()
    {
        Connection.Sender.Flush();
        ReadOnlySpan<byte> rest = _connection.Sent.ToArray();
        _connection.Sent.Clear();
        List<string> messages = [];
        while (PeerMessage.TryRead(rest, 1 << 20, out PeerMessage message, out int size) == ReadResult.Complete)
        {
            messages.Add(message.Id switch
            {
                MessageId.Request or MessageId.Cancel or MessageId.RejectRequest =>
                    $"{message.Id} {message.Range.Piece}.{message.Range.Begin / BlockRequest.BlockLength}",
                MessageId.Have or MessageId.AllowedFast or MessageId.SuggestPiece => $"{message.Id} {message.Piece}",
                MessageId.Bitfield => $"{message.Id} {Convert.ToHexString(message.Body)}",
                MessageId.Piece => $"{message.Id} {message.Piece}",
                _ => message.Id.ToString(),
            });
            rest = rest[size..];
        }

        return [.. messages];
    }

    /// <summary>Reads a message from hexadecimal digits.</summary>
    public static PeerMessage Message(string hex) => Message(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

    /// <summary>Reads a message.</summary>
    public static PeerMessage Message(byte[] body)
    {
        byte[] bytes = [0, 0, 0, 0, .. body];
        BinaryPrimitives.WriteInt32BigEndian(bytes, body.Length);
        Assert.Equal(ReadResult.Complete, PeerMessage.TryRead(bytes, EarlyMessages.MaxMessageLength, out PeerMessage message, out _));
        return message;
    }

    public void Dispose()
    {
        Connection.Close("The test ends.");
    }

    private sealed class SinkConnection : IConnection
    {
        public List<byte> Sent { get; } = [];

        public IPEndPoint RemoteEndPoint { get; } = new(new IPAddress([80, 4, 4, 200]), 1);

        public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => throw new NotSupportedException();

        public ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
        {
            Sent.AddRange(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public void Dispose()
        {
        }
    }
}
