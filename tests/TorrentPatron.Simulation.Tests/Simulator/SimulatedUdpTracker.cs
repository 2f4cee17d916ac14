using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Simulation.Simulator;

/// <summary>Serves a tracker over UDP (BEP 15).</summary>
internal sealed class SimulatedUdpTracker
{
    private const ulong ConnectionId = 0x0123_4567_89AB_CDEF;

    private readonly SimulatedTracker _tracker;
    private readonly IDatagramSocket _socket;

    public SimulatedUdpTracker(SimulatedTracker tracker, SimulatedHost host, int port)
    {
        _tracker = tracker;
        _socket = host.OpenDatagrams(new IPEndPoint(host.Address, port), NetworkUse.Trackers);
        _ = ServeAsync();
    }

    /// <summary>The source of the request.</summary>
    public HashSet<IPEndPoint> Askers { get; } = [];

    private async Task ServeAsync()
    {
        var batch = new DatagramBatch(1, 2048);
        while (true)
        {
            await _socket.ReceiveAsync(batch, CancellationToken.None).ConfigureAwait(false);
            IPEndPoint remote = batch.Remote(0);
            Askers.Add(remote);
            if (batch[0].Length >= UdpTrackerCodec.ConnectRequestLength)
                await _socket.SendAsync(Answer(batch[0].Span, remote), remote, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private byte[] Answer(ReadOnlySpan<byte> question, IPEndPoint remote)
    {
        ReadOnlySpan<byte> transaction = question[12..16];
        if (question.Length == UdpTrackerCodec.ConnectRequestLength)
            return [0, 0, 0, 0, .. transaction, .. Number((uint)(ConnectionId >> 32)), .. Number(unchecked((uint)ConnectionId))];
        if (BinaryPrimitives.ReadUInt64BigEndian(question) != ConnectionId)
            return [0, 0, 0, 3, .. transaction, .. "unknown connection id"u8];
        try
        {
            AnnounceResponse response = _tracker.Take(remote.Address, new AnnounceRequest
            {
                InfoHash = new InfoHash(question[16..36]),
                PeerId = new PeerId(question[36..56]),
                Left = BinaryPrimitives.ReadInt64BigEndian(question[64..]),
                Event = (AnnounceEvent)BinaryPrimitives.ReadInt32BigEndian(question[80..]),
                Port = BinaryPrimitives.ReadUInt16BigEndian(question[96..]),
            });
            return
            [
                0, 0, 0, 1, .. transaction, .. Number((uint)response.Interval.TotalSeconds), .. Number(0), .. Number(0),
                .. CompactPeers.Write(response.Peers, AddressFamily.InterNetwork),
            ];
        }
        catch (TrackerFailureException failure)
        {
            return [0, 0, 0, 3, .. transaction, .. Encoding.ASCII.GetBytes(failure.Message)];
        }
    }

    private static byte[] Number(uint number)
    {
        var bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
