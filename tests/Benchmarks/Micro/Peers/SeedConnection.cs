using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Peers;

/// <summary>A peer that answers each request at the next receive, with whatever is in the buffer for a block.</summary>
internal sealed class SeedConnection : IConnection
{
    private readonly Queue<BlockRequest> _asked = new();
    private bool _hasBegun;
    private int _blockLeft;

    public IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 1);

    /// <summary>Begins with an unchoke; ends when nothing is asked for.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        int length = 0;
        if (!_hasBegun)
            length = MessageWriter.WriteEmpty(buffer.Span, MessageId.Unchoke);
        _hasBegun = true;

        while (true)
        {
            int part = Math.Min(_blockLeft, buffer.Length - length);
            length += part;
            _blockLeft -= part;
            if (buffer.Length - length < PeerMessage.PieceHeaderLength || !_asked.TryDequeue(out BlockRequest block))
                return new ValueTask<int>(length);
            length += MessageWriter.WritePieceHeader(buffer.Span[length..], block);
            _blockLeft = block.Length;
        }
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
