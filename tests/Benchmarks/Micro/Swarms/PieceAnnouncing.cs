using BenchmarkDotNet.Attributes;
using TorrentPatron.Benchmarks.Micro.Samples;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Swarms;

/// <summary>A piece has been verified: 50 peers that have half of the torrent are told, or ask themselves what it changes.</summary>
public class PieceAnnouncing
{
    private const int Pieces = 10_000;
    private const int Peers = 50;

    private readonly SampleSwarm _swarm = new(Pieces);
    private int _next;

    [GlobalSetup]
    public void AttachPeers()
    {
        for (int peer = 0; peer < Peers; peer++)
        {
            Bitfield field = SampleFields.Random(Pieces, 0.5, seed: peer);
            byte[] message = new byte[MessageWriter.EmptyLength + field.Bytes.Length];
            MessageWriter.WriteBody(message, MessageId.Bitfield, field.Bytes);
            _swarm.Attach(new SilentConnection(peer, message));
        }
    }

    [Benchmark]
    public void Piece() => _swarm.Peers.PieceVerified(_next = (_next + 7919) % Pieces, isComplete: false);
}
