using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The upload to one peer: whether it wants something and we let it, and the blocks that it asks for.</summary>
internal sealed class PeerUpload
{
    private const int GrantedPieces = 5;

    /// <summary>How often a choked peer gets a piece that was granted to it (BEP 6 names three).</summary>
    private const int MostGrants = 3;

    /// <summary>Pieces that are told one by one at once: half of what may wait for a peer that does not read.</summary>
    private const int MostRevealed = 50_000;

    /// <summary>Suggestions that a peer has not followed yet: no more are made to one that does not heed them.</summary>
    public const int MostSuggested = 10;

    private readonly IUploadHandler _handler;
    private readonly Lock _chokeGate = new();
    private readonly Lock _revealGate = new();

    /// <summary>The pieces that it has been told we have, guarded by <see cref="_revealGate"/>; null: all that we have.</summary>
    private volatile Bitfield? _revealed;

    /// <summary>The pieces granted, and the bytes asked for of them while choked: the receive loop's, once the peer has been told.</summary>
    private int[] _granted = [];
    private long _grantedBytes;

    /// <summary>The piece that it asked for last; -1: none.</summary>
    private volatile int _asked = -1;

    /// <summary>The pieces suggested to it that it lacks: the torrent's beat's. Null: none was ever.</summary>
    private List<int>? _suggested;

    /// <summary>Makes it; the peer is choked.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="handler">The swarm.</param>
    /// <param name="reader">Where blocks to send come from.</param>
    public PeerUpload(PeerConnection peer, IUploadHandler handler, IBlockReader reader)
    {
        Peer = peer;
        _handler = handler;
        peer.Sender.Serve(reader, OnPayloadSent);
    }

    /// <summary>The peer.</summary>
    public PeerConnection Peer { get; }

    /// <summary>Whether we do not answer its requests.</summary>
    public bool AmChoking { get; private set; } = true;

    /// <summary>Whether it wants something that we have.</summary>
    public bool IsInterested { get; private set; }

    /// <summary>Bytes of payload sent to it.</summary>
    public long PayloadSent { get; private set; }

    /// <summary>Whether the peer has not been told all that we have: we super-seed (BEP 16).</summary>
    public bool IsConcealing => _revealed is not null;

    private PeerSender Sender => Peer.Sender;

    /// <summary>Tells the peer, at the next flush, which pieces we have: the first message but for extensions.</summary>
    /// <param name="pieces">The pieces that we have.</param>
    public void AddPieces(Bitfield pieces)
    {
        if (Peer.IsFast && pieces.IsFull)
            Sender.Add(MessageId.HaveAll);
        else if (Peer.IsFast && pieces.IsEmpty)
            Sender.Add(MessageId.HaveNone);
        else if (!pieces.IsEmpty)
            Sender.Add(MessageId.Bitfield, pieces.Bytes);
    }

    /// <summary>Tells a newcomer, at the next flush, that we have nothing: pieces are revealed to it one by one (BEP 16).</summary>
    /// <param name="pieceCount">Number of pieces in the torrent.</param>
    /// <param name="isTold">Whether it has been told so already.</param>
    public void Conceal(int pieceCount, bool isTold = false)
    {
        _revealed = new Bitfield(pieceCount);
        if (!isTold)
            AddPieces(_revealed);
    }

    /// <summary>Tells the peer, at the next flush, that we have a piece, where that was concealed. Thread-safe.</summary>
    public void Reveal(int piece)
    {
        lock (_revealGate)
        {
            if (_revealed?.Set(piece) == true)
                Sender.Add(MessageId.Have, piece);
        }
    }

    /// <summary>Tells the peer, at the next flush, of all pieces that we have, where any was concealed. Thread-safe.</summary>
    /// <param name="pieces">The pieces that we have.</param>
    /// <returns>False where they are too many to be told one by one: the connection is to be made anew.</returns>
    public bool RevealAll(Bitfield pieces)
    {
        lock (_revealGate)
        {
            if (_revealed is not { } revealed)
                return true;
            if (pieces.Count - revealed.Count > MostRevealed)
                return false;
            foreach (int piece in pieces.Ones)
            {
                if (!revealed[piece])
                    Sender.Add(MessageId.Have, piece);
            }

            _revealed = null;
            return true;
        }
    }

    /// <summary>Lets a newcomer have a few pieces even while it is choked, so that it has something to give (BEP 6).</summary>
    /// <param name="torrent">Which torrent.</param>
    /// <param name="pieces">The pieces that we have.</param>
    public void AddFastGrants(InfoHash torrent, Bitfield pieces)
    {
        if (!Peer.IsFast)
            return;
        _granted = [.. AllowedFastSet.Compute(Peer.RemoteEndPoint.Address, torrent, pieces.Length, GrantedPieces).Where(p => pieces[p])];
        foreach (int piece in _granted)
            Sender.Add(MessageId.AllowedFast, piece);
    }

    /// <summary>Suggests pieces (BEP 6), at the next flush, where the peer wants some and lacks these. Called in the torrent's beat.</summary>
    /// <param name="pieces">Pieces that are in memory, best first.</param>
    /// <param name="has">What the peer has.</param>
    /// <returns>Whether any was suggested.</returns>
    public bool Suggest(ReadOnlySpan<int> pieces, BlockAvailability has)
    {
        if (!Peer.IsFast || AmChoking || !IsInterested)
            return false;
        _suggested?.RemoveAll(has.Has);
        bool isAny = false;
        foreach (int piece in pieces)
        {
            if (_suggested?.Count >= MostSuggested)
                break;
            // What it is fetching needs no hint.
            if (piece == _asked || has.Has(piece) || _suggested?.Contains(piece) == true)
                continue;
            (_suggested ??= []).Add(piece);
            Sender.Add(MessageId.SuggestPiece, piece);
            isAny = true;
        }

        return isAny;
    }

    /// <summary>Answers requests from now on, or no longer. Thread-safe.</summary>
    public void SetChoking(bool choking)
    {
        lock (_chokeGate)
        {
            if (AmChoking == choking)
                return;
            AmChoking = choking;
            Sender.Add(choking ? MessageId.Choke : MessageId.Unchoke);
            if (choking)
            {
                foreach (BlockRequest request in Sender.Uploads.TakeAll())
                    Reject(request);
            }
        }

        Peer.Stir();
        Sender.Flush();
    }

    /// <summary>The peer wants something of us, or no longer. Called from the receive loop, as all that follow.</summary>
    public void HandleInterest(bool isInterested)
    {
        Peer.FutileWork.Charge(FutileWork.Change);
        IsInterested = isInterested;
        _handler.PeerInterestChanged(this);
    }

    /// <summary>The peer asks for a block.</summary>
    /// <returns>Why the connection must be ended; null: it goes on.</returns>
    public string? HandleRequest(BlockRequest range)
    {
        if ((uint)range.Piece >= (uint)_handler.PieceCount || range.Begin < 0 || range.Length <= 0
            || range.Length > BlockRequest.BlockLength || (long)range.Begin + range.Length > _handler.PieceRoom(range.Piece))
            return "It requests an invalid block.";

        bool isAllowed = !AmChoking || IsGranted(range);
        if (isAllowed && _handler.HasPiece(range.Piece) && IsRevealed(range.Piece) && Sender.Uploads.TryAdd(range))
        {
            if (_asked != range.Piece)
            {
                _asked = range.Piece;
                _handler.PieceAsked(this, range.Piece);
            }

            return null;
        }

        Peer.FutileWork.Charge(FutileWork.Answer);
        Reject(range);
        return null;
    }

    /// <summary>The peer takes a request back.</summary>
    public void HandleCancel(BlockRequest range)
    {
        Peer.FutileWork.Charge(FutileWork.Answer);
        if (Sender.Uploads.Cancel(range))
            Reject(range);
    }

    private bool IsRevealed(int piece)
    {
        if (!IsConcealing)
            return true;
        lock (_revealGate)
            return _revealed?[piece] != false;
    }

    private bool IsGranted(BlockRequest range)
    {
        if (!_granted.Contains(range.Piece))
            return false;
        _grantedBytes += range.Length;
        return _grantedBytes <= (long)MostGrants * _granted.Length * _handler.PieceRoom(0);
    }

    private void Reject(BlockRequest range)
    {
        if (Peer.IsFast)
            Sender.Add(MessageId.RejectRequest, range);
    }

    private void OnPayloadSent(int bytes)
    {
        PayloadSent += bytes;
        _handler.PayloadSent(bytes);
    }
}
