using TorrentPatron.Engine.Pieces;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Peers;

/// <summary>The upload to one peer: its interest, its choke state, and its requests.</summary>
internal sealed class PeerUpload
{
    private const int GrantedPieces = 5;

    /// <summary>How often a choked peer gets each piece granted to it (BEP 6 suggests three).</summary>
    private const int MostGrants = 3;

    /// <summary>
    /// The most pieces announced one by one at once: half of what may be pending for a peer that does not read.
    /// </summary>
    private const int MostRevealed = 50_000;

    /// <summary>Unused suggestions after which a peer gets no more.</summary>
    public const int MostSuggested = 10;

    private readonly IUploadHandler _handler;
    private readonly Lock _chokeGate = new();
    private readonly Lock _revealGate = new();

    /// <summary>The pieces announced to it, guarded by <see cref="_revealGate"/>; null means all that we have.</summary>
    private volatile Bitfield? _revealed;

    /// <summary>
    /// The granted pieces, and the bytes requested of them while choked: used only by the receive loop, once the peer has been
    /// told.
    /// </summary>
    private int[] _granted = [];
    private long _grantedBytes;

    /// <summary>The piece that it last requested; -1 if none.</summary>
    private volatile int _asked = -1;

    /// <summary>The pieces suggested to it that it lacks: used only in the torrent's beat. Null if there never was one.</summary>
    private List<int>? _suggested;

    /// <summary>Creates the upload; the peer is choked.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="handler">The swarm.</param>
    /// <param name="reader">Reads the blocks to send.</param>
    public PeerUpload(PeerConnection peer, IUploadHandler handler, IBlockReader reader)
    {
        Peer = peer;
        _handler = handler;
        peer.Sender.Serve(reader, OnPayloadSent);
    }

    /// <summary>The peer.</summary>
    public PeerConnection Peer { get; }

    /// <summary>Whether we are choking it.</summary>
    public bool AmChoking { get; private set; } = true;

    /// <summary>Whether it is interested in our pieces.</summary>
    public bool IsInterested { get; private set; }

    /// <summary>Bytes of payload sent to it.</summary>
    public long PayloadSent { get; private set; }

    /// <summary>Whether some of our pieces are hidden from it because we super-seed (BEP 16).</summary>
    public bool IsConcealing => _revealed is not null;

    private PeerSender Sender => Peer.Sender;

    /// <summary>Announces our pieces at the next flush: the first message apart from extensions.</summary>
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

    /// <summary>
    /// Tells a new peer, at the next flush, that we have nothing: pieces are revealed to it one by one (BEP 16).
    /// </summary>
    /// <param name="pieceCount">Number of pieces in the torrent.</param>
    /// <param name="isTold">Whether it has already been told so.</param>
    public void Conceal(int pieceCount, bool isTold = false)
    {
        _revealed = new Bitfield(pieceCount);
        if (!isTold)
            AddPieces(_revealed);
    }

    /// <summary>Announces a hidden piece at the next flush. Thread-safe.</summary>
    public void Reveal(int piece)
    {
        lock (_revealGate)
        {
            if (_revealed?.Set(piece) == true)
                Sender.Add(MessageId.Have, piece);
        }
    }

    /// <summary>Announces all hidden pieces at the next flush. Thread-safe.</summary>
    /// <param name="pieces">The pieces that we have.</param>
    /// <returns>False if they are too many to announce one by one, so that a new connection is needed.</returns>
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

    /// <summary>Grants a new peer a few pieces even while it is choked, so that it has something to give (BEP 6).</summary>
    /// <param name="torrent">The torrent.</param>
    /// <param name="pieces">The pieces that we have.</param>
    public void AddFastGrants(InfoHash torrent, Bitfield pieces)
    {
        if (!Peer.IsFast)
            return;
        _granted = [.. AllowedFastSet.Compute(Peer.RemoteEndPoint.Address, torrent, pieces.Length, GrantedPieces).Where(p => pieces[p])];
        foreach (int piece in _granted)
            Sender.Add(MessageId.AllowedFast, piece);
    }

    /// <summary>
    /// Suggests pieces (BEP 6) at the next flush, if the peer is interested and lacks them. Called in the torrent's beat.
    /// </summary>
    /// <param name="pieces">Pieces that are in memory, best first.</param>
    /// <param name="has">The peer's pieces.</param>
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
            // The piece that it is downloading needs no hint.
            if (piece == _asked || has.Has(piece) || _suggested?.Contains(piece) == true)
                continue;
            (_suggested ??= []).Add(piece);
            Sender.Add(MessageId.SuggestPiece, piece);
            isAny = true;
        }

        return isAny;
    }

    /// <summary>Chokes or unchokes the peer. Thread-safe.</summary>
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

    /// <summary>Handles an interested or not-interested message. Called from the receive loop, like all methods below.</summary>
    public void HandleInterest(bool isInterested)
    {
        Peer.FutileWork.Charge(FutileWork.Change);
        IsInterested = isInterested;
        _handler.PeerInterestChanged(this);
    }

    /// <summary>Handles a request for a block.</summary>
    /// <returns>The reason to close the connection; null to keep it open.</returns>
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

    /// <summary>Handles a cancel.</summary>
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
