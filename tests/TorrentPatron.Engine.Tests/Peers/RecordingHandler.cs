using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

/// <summary>A swarm that wants no more than one piece of its peer and notes what the peer says of pieces.</summary>
internal sealed class RecordingHandler(int pieceCount) : IPeerHandler, IPeerOwner
{
    /// <summary>What was said, in its order.</summary>
    public List<string> Said { get; } = [];

    /// <summary>The piece whose blocks the peer is asked for; null: none.</summary>
    public ActivePiece? Wanted { get; set; }

    /// <summary>Whether the peer counted as starved while it looked for blocks.</summary>
    public bool WasStarved { get; private set; }

    public int PieceCount => pieceCount;

    public int PieceSize(int piece) => BlockRequest.BlockLength;

    public bool HasPiece(int piece) => false;

    public void PeerHasPieces(PeerTransfer peer, Bitfield? pieces)
    {
        string which = "all";
        if (pieces is not null)
        {
            var ones = new List<int>();
            foreach (int piece in pieces.Ones)
                ones.Add(piece);
            which = string.Join(' ', ones);
        }

        Said.Add($"pieces {which}");
    }

    public void PeerHasPiece(PeerTransfer peer, int piece) => Said.Add($"piece {piece}");

    public void PeerLostPiece(PeerTransfer peer, int piece) => Said.Add($"lost {piece}");

    public void PeerInterestChanged(PeerTransfer peer) => Said.Add(peer.IsInterested ? "interested" : "not interested");

    public int Reserve(PeerTransfer peer, ref ActivePiece? current, Span<PendingBlock> into)
    {
        WasStarved = peer.IsStarved;
        return Wanted?.ReserveFree(into) ?? 0;
    }

    public void Released(ReadOnlySpan<PendingBlock> blocks) => Said.Add($"released {blocks.Length}");

    public void BlockArrivedFrom(PeerTransfer peer, PendingBlock block) => Said.Add("block");

    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash)
    {
    }

    public void PayloadReceived(int bytes, int wasted)
    {
    }

    public void PayloadSent(int bytes)
    {
    }

    public void PeerClosed(PeerConnection peer, string reason, ClosedBy by)
    {
    }

    public void PeerFaulted(PeerConnection peer, string root, Exception fault) => Assert.Fail(fault.ToString());

    public void PeerHasDhtNode(PeerConnection peer, ushort port)
    {
    }
}
