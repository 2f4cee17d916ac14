using System.Net;
using BenchmarkDotNet.Attributes;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Benchmarks.Micro.Peers;

/// <summary>
/// One block of a download from one peer, between socket and disk: asked for, received, kept and let go of. Nothing is copied,
/// hashed or written.
/// </summary>
public class BlockReceiving
{
    private const int Pieces = 256;
    private const int PieceLength = 1 << 20;
    private const int Blocks = Pieces * (PieceLength / BlockRequest.BlockLength);

    private readonly SlabPool _slabs = new();
    private readonly BackPressure _backPressure = new(64 << 20);
    private PeerLimits _limits;

    [GlobalSetup]
    public void MakeLimits()
    {
        var unlimited = new RateLimiter(TimeProvider.System, 0);
        _limits = new PeerLimits(unlimited, unlimited, new PeerClassTable(new ClientSettings(), unlimited, unlimited, TimeProvider.System), IPAddress.Loopback);
    }

    [Benchmark(OperationsPerInvoke = Blocks)]
    public async Task<int> Block()
    {
        var sink = new Sink();
        var peer = new PeerConnection(
            sink, new SeedConnection(), default, isIncoming: true, new ExtensionTable(), _limits, TimeProvider.System);
        var transfer = new PeerTransfer(new PeerDownload(peer, sink, TimeProvider.System), new PeerUpload(peer, sink, reader: null!));
        peer.Begin(transfer, Pieces);
        transfer.Download.UpdateInterest(static _ => true);
        await new PeerReceiver(peer, _slabs, _backPressure).RunAsync(CancellationToken.None);
        return sink.Completed == Pieces ? sink.Completed : throw new InvalidOperationException("Something got lost.");
    }

    /// <summary>A swarm with one peer, that wants every piece in turn and throws it away.</summary>
    private sealed class Sink : IDownloadHandler, IUploadHandler, IPeerOwner
    {
        private int _begun;

        public int Completed { get; private set; }

        public int PieceCount => Pieces;

        public int PieceRoom(int piece) => PieceLength;

        public bool HasPiece(int piece) => false;

        public int Reserve(PeerDownload peer, ref ActivePiece? current, Span<PendingBlock> into)
        {
            int taken = current?.ReserveFree(into) ?? 0;
            while (taken < into.Length && _begun < Pieces)
            {
                current = new ActivePiece(_begun++, PieceLength);
                taken += current.ReserveFree(into[taken..]);
            }

            return taken;
        }

        public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash)
        {
            foreach (ActivePiece piece in pieces)
            {
                piece.ReleaseSlabs(0, piece.Prefix);
                if (piece.IsComplete)
                    Completed++;
            }
        }

        public void PeerHasPieces(PeerDownload peer, Bitfield? pieces)
        {
        }

        public void PeerHasPiece(PeerDownload peer, int piece)
        {
        }

        public void PeerLostPiece(PeerDownload peer, int piece)
        {
        }

        public void PeerInterestChanged(PeerUpload peer)
        {
        }

        public void Released(IBlockSource source, ReadOnlySpan<PendingBlock> blocks)
        {
        }

        public void BlockArrivedFrom(IBlockSource source, PendingBlock block)
        {
        }

        public void PayloadReceived(int bytes, int wasted)
        {
        }

        public void PieceAsked(PeerUpload peer, int piece)
        {
        }

        public void PayloadSent(int bytes)
        {
        }

        public void PeerClosed(PeerConnection peer, string reason, ClosedBy by)
        {
        }

        public void PeerFaulted(PeerConnection peer, string root, Exception fault) => throw new InvalidOperationException("The receiver failed.", fault);

        public void PeerHasDhtNode(PeerConnection peer, ushort port)
        {
        }

        public void PeerSeesUs(PeerConnection peer, IPAddress address)
        {
        }
    }
}
