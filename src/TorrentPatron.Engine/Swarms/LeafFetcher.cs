using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>
/// Requests the block hashes of pieces in flight from peers (BEP 52), to identify wrong blocks and their senders. They are
/// checked against the piece's hash, so a wrong answer is detected at once. Requests from peers go to a <see cref="HashServer"/>.
/// Thread-safe.
/// </summary>
/// <param name="server">Answers the requests from peers.</param>
/// <param name="verifier">Knows the hashes of pieces.</param>
/// <param name="peers">The connected peers.</param>
/// <param name="time">The clock.</param>
/// <param name="ban">Bans a peer that sent wrong hashes.</param>
internal sealed class LeafFetcher(
    HashExchange server, PieceVerifier verifier, Func<IReadOnlyList<PeerTransfer>> peers, TimeProvider time, Action<PeerConnection, string> ban)
    : HashExchange
{
    /// <summary>The most pieces whose hashes are requested at once.</summary>
    private const int MostPieces = 64;

    /// <summary>The most pieces whose hashes are requested from one peer at once.</summary>
    private const int MostOfPeer = 4;

    /// <summary>The most peers asked, one after another, for the hashes of one piece.</summary>
    private const int MostTries = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<HashRequest, PendingRequest> _open = [];

    /// <summary>Peers that did not answer their last request: others are asked first.</summary>
    private readonly HashSet<PeerConnection> _silent = [];

    /// <summary>
    /// Requests the hashes of a piece's blocks. When they arrive, or nobody sends them, its finisher is posted.
    /// </summary>
    /// <param name="piece">The piece.</param>
    /// <param name="isSuspect">
    /// Whether its senders may be asked too: if the piece is known to be bad, and nobody else can be asked.
    /// </param>
    /// <returns>False if no peer can be asked.</returns>
    public bool Ask(ActivePiece piece, bool isSuspect)
    {
        byte[] node = new byte[MerkleTree.HashLength];
        if (verifier.LeavesOf(piece.Index, node) is not { } request)
            return false;
        PendingRequest? pending;
        lock (_gate)
        {
            if (_open.TryGetValue(request, out pending) && pending.Piece == piece)
            {
                pending.IsSuspect |= isSuspect;
                return true;
            }

            if (_open.Count >= MostPieces || pending is not null)
                return false;
            _open.Add(request, pending = new PendingRequest(piece, node, isSuspect));
            piece.AreLeavesAsked = true;
        }

        return AskNext(request, pending);
    }

    /// <inheritdoc/>
    public override string? Handle(PeerConnection peer, in PeerMessage message)
    {
        if (message.Id == MessageId.HashRequest)
            return server.Handle(peer, message);
        HashRequest request = HashRequest.Read(message.Body);
        ReadOnlySpan<byte> hashes = message.Body[HashRequest.BodyLength..];
        PendingRequest? pending;
        bool isProven = false;
        lock (_gate)
        {
            if (!_open.TryGetValue(request, out pending) || pending.Asked != peer)
            {
                peer.FutileWork.Charge(FutileWork.Of(message.Body.Length));
                return null;
            }

            pending.Asked = null;
            _silent.Remove(peer);
            isProven = message.Id == MessageId.Hashes && request.IsProven(hashes, pending.Node);
            if (isProven)
                _open.Remove(request);
        }

        if (isProven)
        {
            pending.Piece.Leaves = hashes.ToArray();
            End(pending.Piece);
            return null;
        }

        if (message.Id == MessageId.Hashes)
            ban(peer, "Its hashes do not match the torrent.");
        else
            peer.FutileWork.Charge(FutileWork.Answer);
        if (!AskNext(request, pending))
            End(pending.Piece);
        return null;
    }

    /// <inheritdoc/>
    public override void PeerLeft(PeerConnection peer)
    {
        lock (_gate)
        {
            _silent.Remove(peer);
            foreach (PendingRequest pending in _open.Values)
            {
                if (pending.Asked == peer)
                    pending.Asked = null;
            }
        }
    }

    /// <summary>
    /// Replaces unanswered requests with ones to other peers, and forgets pieces that are no longer in flight; called about once
    /// a second.
    /// </summary>
    public void Tick()
    {
        var now = Instant.Now(time);
        KeyValuePair<HashRequest, PendingRequest>[] due;
        lock (_gate)
        {
            if (_open.Count == 0)
                return;
            due = [.. _open.Where(open => open.Value is var pending
                && (pending.Piece.IsAbandoned || pending.Asked is null || now - pending.AskedAt > Patience))];
            foreach ((_, PendingRequest pending) in due)
            {
                if (pending.Asked is { IsClosed: false } asked && now - pending.AskedAt > Patience)
                    _silent.Add(asked);
                pending.Asked = null;
            }
        }

        foreach ((HashRequest request, PendingRequest pending) in due)
        {
            if (!AskNext(request, pending))
                End(pending.Piece);
        }
    }

    /// <summary>Asks the next peer.</summary>
    /// <returns>False if there is none; then the hashes are not requested any more.</returns>
    private bool AskNext(HashRequest request, PendingRequest pending)
    {
        IReadOnlyList<IBlockSource> senders = pending.Piece.Senders;
        PeerConnection? chosen;
        lock (_gate)
        {
            chosen = pending.Tried.Count >= MostTries || pending.Piece.IsAbandoned ? null : peers()
                .Where(peer => peer.Peer is { IsV2: true, IsClosed: false } && !pending.Tried.Contains(peer.Peer)
                    && (peer.Download.Availability.IsSeed || peer.Download.Availability.Pieces?[pending.Piece.Index] == true)
                    && (pending.IsSuspect || !senders.Contains(peer.Download)) && CountOf(peer.Peer) < MostOfPeer)
                .OrderBy(peer => senders.Contains(peer.Download)).ThenBy(peer => _silent.Contains(peer.Peer)).ThenBy(peer => CountOf(peer.Peer)).FirstOrDefault()?.Peer;
            if (chosen is null)
            {
                _open.Remove(request);
                pending.Piece.AreLeavesAsked = false;
                return false;
            }

            pending.Tried.Add(chosen);
            (pending.Asked, pending.AskedAt) = (chosen, Instant.Now(time));
        }

        // Outside the lock: the connection may turn out to be broken, and then its peer leaves.
        byte[] body = new byte[HashRequest.BodyLength];
        request.Write(body);
        chosen.Sender.Add(MessageId.HashRequest, body);
        chosen.Sender.Flush();
        return true;
    }

    private int CountOf(PeerConnection peer) => _open.Values.Count(pending => pending.Asked == peer);

    private static void End(ActivePiece piece)
    {
        piece.AreLeavesAsked = false;
        piece.Finisher.Post();
        if (piece.Leaves is not null)
            return;
        // No peer sends them: the piece's senders are trusted as in version 1.
        foreach (IBlockSource sender in piece.Senders)
            sender.EndProbation();
    }

    /// <summary>A piece whose hashes are requested.</summary>
    private sealed class PendingRequest(ActivePiece piece, byte[] node, bool isSuspect)
    {
        public ActivePiece Piece => piece;

        public byte[] Node => node;

        public bool IsSuspect { get; set; } = isSuspect;

        public HashSet<PeerConnection> Tried { get; } = [];

        public PeerConnection? Asked { get; set; }

        public Instant AskedAt { get; set; }
    }
}
