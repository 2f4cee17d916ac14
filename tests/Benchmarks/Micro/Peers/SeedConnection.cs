using System.Net;
using TorrentPatron.Engine.Transport;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Peers;

/// <summary>A peer that answers each request at the next receive, with whatever is in the buffer for a block.</summary>
internal sealed class SeedConnection : IConnection
{
    private const int MessageLength = PeerMessage.PieceHeaderLength + BlockRequest.BlockLength;

    private readonly Queue<BlockRequest> _asked = new();
    private int _begun;

    public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 1);

    /// <summary>Begins with an unchoke; ends when nothing is asked for.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        if (_begun == 0)
            return new ValueTask<int>(_begun = MessageWriter.WriteEmpty(buffer.Span, MessageId.Unchoke));

        int length = 0;
        while (length + MessageLength <= buffer.Length && _asked.TryDequeue(out BlockRequest block))
            length += MessageWriter.WritePieceHeader(buffer.Span[length..], block) + BlockRequest.BlockLength;
        return new ValueTask<int>(length);
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
        for (ReadOnlySpan<byte> bytes = buffer.Span; !bytes.IsEmpty;)
        {
            PeerMessage.TryRead(bytes, 128 * 1024, out PeerMessage message, out int size);
            if (message.Id == MessageId.Request)
                _asked.Enqueue(message.Range);
            bytes = bytes[size..];
        }

        return default;
    }

    public void Dispose()
    {
    }
}
