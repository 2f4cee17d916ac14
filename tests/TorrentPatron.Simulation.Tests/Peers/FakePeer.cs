using System.Buffers.Binary;
using System.Net;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Simulation.Simulator;

namespace TorrentPatron.Simulation.Peers;

/// <summary>A scripted peer, byte by byte if necessary, that records what it receives.</summary>
internal sealed class FakePeer : IDisposable
{
    private readonly World _world;
    private readonly IConnection _connection;
    private readonly List<byte> _buffer = [];
    private Task _sending = Task.CompletedTask;

    /// <summary>Uses an existing connection.</summary>
    public FakePeer(World world, IConnection connection)
    {
        _world = world;
        _connection = connection;
        _ = ReceiveAsync();
    }

    /// <summary>The other side's handshake; null before it is received.</summary>
    public Handshake? Handshake { get; private set; }

    /// <summary>Received messages without keep-alives.</summary>
    public List<(MessageId Id, byte[] Body)> Messages { get; } = [];

    /// <summary>Whether the other side has closed.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Called on the other side's handshake; null for no action.</summary>
    public Action<Handshake>? Met { get; set; }

    /// <summary>Called on a request for hashes of a file's tree; null for no action.</summary>
    public Action<HashRequest>? HashesRequested { get; set; }

    /// <summary>Called on a request; null for no action.</summary>
    public Action<BlockRequest>? Requested { get; set; }

    /// <summary>Dials.</summary>
    public static async Task<FakePeer> DialAsync(World world, IPEndPoint to, SimulatedHost? from = null)
    {
        Task<IConnection> dial = (from ?? world.Network.Join()).ConnectAsync(to, NetworkUse.Peers, CancellationToken.None);
        return new FakePeer(world, await world.UntilAsync(dial, TimeSpan.FromMinutes(1), "a fake peer is connected"));
    }

    /// <summary>Dials and shakes hands.</summary>
    public static async Task<FakePeer> ConnectAsync(
        World world, Node node, SwarmTorrent torrent, int id = 1, bool isFast = true, bool isExtended = false, SimulatedHost? from = null)
    {
        FakePeer peer = await DialAsync(world, node.EndPoint, from);
        peer.Shake(torrent.Metainfo.InfoHash, id, isFast, isExtended);
        await world.UntilAsync(() => peer.Handshake is not null || peer.IsClosed, TimeSpan.FromMinutes(1), "the handshake is done");
        return peer;
    }

    /// <summary>Listens, and runs the same script for every incoming connection.</summary>
    public static IPEndPoint Listen(World world, SimulatedHost host, SwarmTorrent torrent, int id, Action<FakePeer> begin) =>
        Listen(world, host, peer =>
        {
            peer.Shake(torrent.Metainfo.InfoHash, id);
            begin(peer);
        });

    /// <summary>Listens, and shakes hands with the requested hash if it accepts that; otherwise it closes the connection silently.</summary>
    public static IPEndPoint ListenTo(World world, SimulatedHost host, Predicate<Handshake> likes) =>
        Listen(world, host, peer => peer.Met = handshake =>
        {
            if (likes(handshake))
                peer.Shake(handshake.InfoHash, 1);
            else
                peer.Dispose();
        });

    private static IPEndPoint Listen(World world, SimulatedHost host, Action<FakePeer> accepted)
    {
        IListener listener = host.Listen(new IPEndPoint(host.Address, 0));
        _ = AcceptAsync();
        return listener.LocalEndPoint;

        async Task AcceptAsync()
        {
            while (true)
                accepted(new FakePeer(world, await listener.AcceptAsync(CancellationToken.None).ConfigureAwait(false)));
        }
    }

    public static PeerId IdOf(int id)
    {
        byte[] bytes = [.. "-XX0000-00000000"u8, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), id);
        return new PeerId(bytes);
    }

    public void Shake(InfoHash torrent, int id, bool isFast = true, bool isExtended = false)
    {
        var bytes = new byte[Protocol.Wire.Handshake.Length];
        new Handshake(torrent, IdOf(id), isFast, isExtended, SupportsDht: false).Write(bytes);
        SendBytes(bytes);
    }

    /// <summary>Sends after everything sent before is in flight.</summary>
    public void SendBytes(params byte[] bytes) => _sending = SendAsync(_sending, bytes);

    public void Send(MessageId id, params byte[] body)
    {
        var bytes = new byte[MessageWriter.EmptyLength + body.Length];
        MessageWriter.WriteBody(bytes, id, body);
        SendBytes(bytes);
    }

    public void SendIndex(MessageId id, int piece)
    {
        var bytes = new byte[MessageWriter.PieceIndexLength];
        MessageWriter.WritePieceIndex(bytes, id, piece);
        SendBytes(bytes);
    }

    public void SendRange(MessageId id, BlockRequest range)
    {
        var bytes = new byte[MessageWriter.RangeLength];
        MessageWriter.WriteRange(bytes, id, range);
        SendBytes(bytes);
    }

    /// <summary>Sends a block, falsified on request.</summary>
    public void SendBlock(SwarmTorrent torrent, BlockRequest range, bool isWrong = false)
    {
        var bytes = new byte[PeerMessage.PieceHeaderLength + range.Length];
        MessageWriter.WritePieceHeader(bytes, range);
        torrent.Bytes(range.Piece, range.Begin, range.Length).CopyTo(bytes.AsSpan(PeerMessage.PieceHeaderLength));
        if (isWrong)
            bytes[^1] ^= 1;
        SendBytes(bytes);
    }

    /// <summary>Announces every piece and unchokes the other side.</summary>
    public void Offer()
    {
        Send(MessageId.HaveAll);
        Send(MessageId.Unchoke);
    }

    /// <summary>Offers everything and answers every request.</summary>
    /// <param name="torrent">The torrent that it has.</param>
    /// <param name="isWrong">Selects the blocks to falsify.</param>
    public void Serve(SwarmTorrent torrent, Predicate<BlockRequest>? isWrong = null)
    {
        Requested = range => SendBlock(torrent, range, isWrong?.Invoke(range) ?? false);
        Offer();
    }

    /// <summary>Keeps the connection alive.</summary>
    public void Chat()
    {
        if (IsClosed)
            return;
        SendBytes(0, 0, 0, 0);
        _world.Schedule(TimeSpan.FromSeconds(30), Chat);
    }

    public int Count(MessageId id) => Messages.Count(message => message.Id == id);

    public void Dispose() => _connection.Dispose();

    private async Task SendAsync(Task before, byte[] bytes)
    {
        await before.ConfigureAwait(false);
        try
        {
            await _connection.SendAsync(bytes).ConfigureAwait(false);
        }
        catch (IOException)
        {
            IsClosed = true;
        }
    }

    private async Task ReceiveAsync()
    {
        var bytes = new byte[32 * 1024];
        try
        {
            int received;
            while ((received = await _connection.ReceiveAsync(bytes).ConfigureAwait(false)) > 0)
            {
                _buffer.AddRange(bytes.AsSpan(0, received));
                Take();
            }
        }
        catch (IOException)
        {
            // The other side has closed.
        }

        IsClosed = true;
    }

    private void Take()
    {
        if (Handshake is null)
        {
            if (!Protocol.Wire.Handshake.TryRead([.. _buffer], out Handshake handshake))
                return;
            Handshake = handshake;
            _buffer.RemoveRange(0, Protocol.Wire.Handshake.Length);
            Met?.Invoke(handshake);
        }

        byte[] all = [.. _buffer];
        int taken = 0;
        while (PeerMessage.TryRead(all.AsSpan(taken), 1 << 20, out PeerMessage message, out int size) == ReadResult.Complete)
        {
            taken += size;
            if (message.IsKeepAlive)
                continue;
            Messages.Add((message.Id, message.Body.ToArray()));
            if (message.Id == MessageId.Request)
                Requested?.Invoke(message.Range);
            if (message.Id == MessageId.HashRequest)
                HashesRequested?.Invoke(HashRequest.Read(message.Body));
        }

        _buffer.RemoveRange(0, taken);
    }
}
