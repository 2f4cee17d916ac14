using System.Net;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Tests.Peers;

/// <summary>A swarm that wants at most one piece from its peer and records the peer's messages about pieces.</summary>
internal sealed class RecordingHandler(int pieceCount) : IDownloadHandler, IUploadHandler, IPeerOwner
{
    /// <summary>The messages, in order.</summary>
    public List<string> Said { get; } = [];

    /// <summary>The piece whose blocks are requested from the peer; null means none.</summary>
    public ActivePiece? Wanted { get; set; }

    /// <summary>Wasted bytes.</summary>
    public int Wasted { get; private set; }

    /// <summary>Whether the peer counted as starved while it looked for blocks.</summary>
    public bool WasStarved { get; private set; }

    public int PieceCount => pieceCount;

    /// <summary>The pieces that we have.</summary>
    public int[] Here { get; set; } = [];

    /// <summary>Called during each callback.</summary>
    public Action? OnSaid { get; set; }

    public int PieceRoom(int piece) => BlockRequest.BlockLength;

    public bool HasPiece(int piece) => Here.Contains(piece);

    public void PeerHasPieces(PeerDownload peer, Bitfield? pieces)
    {
        string which = "all";
        if (pieces is not null)
        {
            var ones = new List<int>();
            foreach (int piece in pieces.Ones)
                ones.Add(piece);
            which = string.Join(' ', ones);
        }

        Say($"pieces {which}");
    }

    public void PeerHasPiece(PeerDownload peer, int piece) => Say($"piece {piece}");

    public void PeerLostPiece(PeerDownload peer, int piece) => Say($"lost {piece}");

    public void PeerInterestChanged(PeerUpload peer) => Say(peer.IsInterested ? "interested" : "not interested");

    public int Reserve(PeerDownload peer, ref ActivePiece? current, Span<PendingBlock> into)
    {
        WasStarved = peer.IsStarved;
        return Wanted?.ReserveFree(into, peer) ?? 0;
    }

    public void Released(IBlockSource source, ReadOnlySpan<PendingBlock> blocks) => Say($"released {blocks.Length}");

    public void BlockArrivedFrom(IBlockSource source, PendingBlock block) => Say("block");

    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash) =>
        Say($"added {string.Join(' ', pieces.Select(piece => piece.Index))}, {bytesToHash}");

    public void PayloadReceived(int bytes, int wasted) => Wasted += wasted;

    public void PieceAsked(PeerUpload peer, int piece) => Say($"asked {piece}");

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

    public void PeerSeesUs(PeerConnection peer, IPAddress address)
    {
    }

    private void Say(string what)
    {
        Said.Add(what);
        OnSaid?.Invoke();
    }
}
