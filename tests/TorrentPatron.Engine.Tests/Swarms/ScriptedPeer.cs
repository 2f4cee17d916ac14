using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Tests.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Swarms;

/// <summary>A scripted peer, byte by byte if necessary.</summary>
internal sealed class ScriptedPeer : IDisposable
{
    private readonly IConnection _connection;
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _have;

    private ScriptedPeer(IConnection connection) => _connection = connection;

    /// <summary>Dials an engine without a handshake.</summary>
    public static async Task<ScriptedPeer> DialAsync(MemoryNetwork network, IPEndPoint engine, MemoryTransport? from = null) =>
        new(await (from ?? network.Join()).ConnectAsync(engine, NetworkUse.Peers, TestContext.Current.CancellationToken));

    /// <summary>Dials an engine and shakes hands.</summary>
    public static async Task<ScriptedPeer> ConnectAsync(
        MemoryNetwork network, TestEngine engine, SwarmTorrent torrent, byte id = 1, bool isFast = true, bool isExtended = false,
        MemoryTransport? from = null)
    {
        ScriptedPeer peer = await DialAsync(network, engine.EndPoint, from);
        await peer.SendHandshakeAsync(torrent.Metainfo.InfoHash, id, isFast, isExtended);
        await peer.ReceiveHandshakeAsync();
        return peer;
    }

    /// <summary>Waits to be dialled, and shakes hands.</summary>
    public static async Task<ScriptedPeer> AwaitAsync(
        IListener listener, SwarmTorrent torrent, byte id = 1, bool isFast = true, bool isExtended = false)
    {
        ScriptedPeer peer = await AwaitDialAsync(listener);
        await peer.SendHandshakeAsync(torrent.Metainfo.InfoHash, id, isFast, isExtended);
        return peer;
    }

    /// <summary>Waits to be dialled, and reads the engine's handshake.</summary>
    public static async Task<ScriptedPeer> AwaitDialAsync(IListener listener)
    {
        IConnection connection = await listener.AcceptAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TestEngine.Patience, TestContext.Current.CancellationToken);
        var peer = new ScriptedPeer(connection);
        await peer.ReceiveHandshakeAsync();
        return peer;
    }

    public static PeerId IdOf(byte id) => new([.. "-XX0000-00000000000"u8, id]);

    public ValueTask SendHandshakeAsync(InfoHash infoHash, byte id = 1, bool isFast = true, bool isExtended = false) =>
        SendHandshakeAsync(infoHash, IdOf(id), isFast, isExtended);

    public async ValueTask SendHandshakeAsync(InfoHash infoHash, PeerId id, bool isFast = true, bool isExtended = false)
    {
        var bytes = new byte[Handshake.Length];
        new Handshake(infoHash, id, isFast, isExtended, SupportsDht: false).Write(bytes);
        await SendAsync(bytes);
    }

    /// <summary>Sends an extended message with the engine's id of the extension; 0: the extension handshake.</summary>
    public Task SendExtendedAsync(byte number, ReadOnlySpan<byte> payload)
    {
        var bytes = new byte[6 + payload.Length];
        MessageWriter.WriteExtended(bytes, number, payload);
        return SendAsync(bytes);
    }

    /// <summary>The engine's next extension handshake.</summary>
    public async Task<ExtensionHandshake> NextHelloAsync()
    {
        Assert.True(ExtensionHandshake.TryRead(await NextExtendedAsync(0), out ExtensionHandshake? hello));
        return hello;
    }

    /// <summary>Skips to the next extended message with this peer's id of the extension.</summary>
    public async Task<byte[]> NextExtendedAsync(byte number)
    {
        while (true)
        {
            byte[] body = await NextAsync(MessageId.Extended);
            if (body[0] == number)
                return body[1..];
        }
    }

    public async Task<Handshake> ReceiveHandshakeAsync()
    {
        while (_have < Handshake.Length)
            Assert.True(await ReceiveAsync(), "a handshake arrives");
        Assert.True(Handshake.TryRead(_buffer, out Handshake handshake));
        Drop(Handshake.Length);
        return handshake;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) =>
        await _connection.SendAsync(bytes).AsTask().WaitAsync(TestEngine.Patience, TestContext.Current.CancellationToken);

    public Task SendAsync(MessageId id) => SendAsync(new byte[] { 0, 0, 0, 1, (byte)id });

    public Task SendAsync(MessageId id, params ReadOnlySpan<byte> body)
    {
        var bytes = new byte[5 + body.Length];
        MessageWriter.WriteBody(bytes, id, body);
        return SendAsync(bytes);
    }

    public Task SendIndexAsync(MessageId id, int piece)
    {
        var bytes = new byte[MessageWriter.PieceIndexLength];
        MessageWriter.WritePieceIndex(bytes, id, piece);
        return SendAsync(bytes);
    }

    public Task SendRangeAsync(MessageId id, BlockRequest range)
    {
        var bytes = new byte[MessageWriter.RangeLength];
        MessageWriter.WriteRange(bytes, id, range);
        return SendAsync(bytes);
    }

    public static byte[] Block(SwarmTorrent torrent, BlockRequest range, bool isWrong = false)
    {
        var bytes = new byte[PeerMessage.PieceHeaderLength + range.Length];
        MessageWriter.WritePieceHeader(bytes, range);
        torrent.Bytes(range.Piece, range.Begin, range.Length).CopyTo(bytes.AsSpan(PeerMessage.PieceHeaderLength));
        if (isWrong)
            bytes[^1] ^= 1;
        return bytes;
    }

    /// <summary>The next message that is not a keep-alive; null if the engine has closed the connection.</summary>
    public async Task<(MessageId Id, byte[] Body)?> NextAsync()
    {
        while (true)
        {
            if (TakeMessage(out (MessageId, byte[])? message))
                return message;
            if (!await ReceiveAsync())
                return null;
        }
    }

    /// <summary>Skips to the next message of the given kind.</summary>
    public async Task<byte[]> NextAsync(MessageId id)
    {
        while (true)
        {
            (MessageId Id, byte[] Body)? next = await NextAsync();
            Assert.True(next is not null, $"{id} comes before the end");
            if (next.Value.Id == id)
                return next.Value.Body;
        }
    }

    public async Task<BlockRequest> NextRangeAsync(MessageId id) => ReadRange(await NextAsync(id));

    public static BlockRequest ReadRange(byte[] body) => new(ReadInt(body, 0), ReadInt(body, 4), ReadInt(body, 8));

    /// <summary>Reads until the engine closes the connection.</summary>
    public async Task AssertClosedAsync()
    {
        while (await NextAsync() is not null)
        {
        }
    }

    /// <summary>Answers requests until the connection ends.</summary>
    public async Task ServeAsync(SwarmTorrent torrent, Func<BlockRequest, bool>? isWrong = null)
    {
        try
        {
            while (await NextAsync() is { } message)
            {
                if (message.Id == MessageId.Request)
                {
                    BlockRequest range = ReadRange(message.Body);
                    await SendAsync(Block(torrent, range, isWrong?.Invoke(range) ?? false));
                }
            }
        }
        catch (IOException)
        {
            // The engine has closed the connection.
        }
    }

    public void Dispose() => _connection.Dispose();

    private static int ReadInt(byte[] bytes, int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));

    private bool TakeMessage(out (MessageId, byte[])? taken)
    {
        taken = null;
        while (PeerMessage.TryRead(_buffer.AsSpan(0, _have), _buffer.Length - 4, out PeerMessage message, out int size) == ReadResult.Complete)
        {
            if (!message.IsKeepAlive)
                taken = (message.Id, message.Body.ToArray());
            Drop(size);
            if (taken is not null)
                return true;
        }

        return false;
    }

    private async Task<bool> ReceiveAsync()
    {
        int received;
        try
        {
            received = await _connection.ReceiveAsync(_buffer.AsMemory(_have)).AsTask()
                .WaitAsync(TestEngine.Patience, TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            return false;
        }

        _have += received;
        return received > 0;
    }

    private void Drop(int size)
    {
        _buffer.AsSpan(size, _have - size).CopyTo(_buffer);
        _have -= size;
    }
}
