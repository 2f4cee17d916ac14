using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Interop.Tests.Contract;

/// <summary>A peer that claims to have everything and answers each request with garbage.</summary>
internal sealed class Poisoner : IAsyncDisposable
{
    private const byte Unchoke = 1;
    private const byte Bits = 5;
    private const byte Request = 6;
    private const byte Piece = 7;
    private const int MostConnections = 1_000;

    private readonly TorrentMetainfo _metainfo;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _connections;

    public Poisoner(TorrentMetainfo metainfo)
    {
        _metainfo = metainfo;
        _listener.Start();
        _running = RunAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Number of times that it was dialled.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        for (int i = 0; i < MostConnections; i++)
        {
            using TcpClient peer = await _listener.AcceptTcpClientAsync(_stop.Token);
            Interlocked.Increment(ref _connections);
            try
            {
                await ServeAsync(peer.GetStream());
            }
            catch (IOException)
            {
                // The engine has closed the connection.
            }
        }
    }

    private async Task ServeAsync(NetworkStream stream)
    {
        byte[] handshake = new byte[Handshake.Length];
        await stream.ReadExactlyAsync(handshake, _stop.Token);
        new Handshake(
            _metainfo.InfoHash, new PeerId("-XX0001-poisonpoison"u8), SupportsFast: false, SupportsExtensions: false, SupportsDht: false)
            .Write(handshake);
        byte[] bits = new byte[(_metainfo.PieceCount + 7) / 8];
        for (int piece = 0; piece < _metainfo.PieceCount; piece++)
            bits[piece / 8] |= (byte)(0x80 >> (piece % 8));
        await stream.WriteAsync(handshake, _stop.Token);
        await stream.WriteAsync(Message(Bits, bits), _stop.Token);
        await stream.WriteAsync(Message(Unchoke, []), _stop.Token);
        byte[] length = new byte[4];
        while (true)
        {
            await stream.ReadExactlyAsync(length, _stop.Token);
            byte[] message = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
            await stream.ReadExactlyAsync(message, _stop.Token);
            if (message.Length != 13 || message[0] != Request)
                continue;
            byte[] block = new byte[8 + BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(9))];
            Random.Shared.NextBytes(block);
            message.AsSpan(1, 8).CopyTo(block);
            await stream.WriteAsync(Message(Piece, block), _stop.Token);
        }
    }

    private static byte[] Message(byte id, byte[] payload)
    {
        byte[] message = new byte[5 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(message, 1 + payload.Length);
        message[4] = id;
        payload.CopyTo(message, 5);
        return message;
    }
}
