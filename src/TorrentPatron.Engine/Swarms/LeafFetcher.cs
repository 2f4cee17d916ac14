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
    private readonly Dictionary<HashRequest, Question> _open = [];

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
        Question? question;
        lock (_gate)
        {
            if (_open.TryGetValue(request, out question) && question.Piece == piece)
            {
                question.IsSuspect |= isSuspect;
                return true;
            }

            if (_open.Count >= MostPieces || question is not null)
                return false;
            _open.Add(request, question = new Question(piece, node, isSuspect));
            piece.AreLeavesAsked = true;
        }

        return AskNext(request, question);
    }

    /// <inheritdoc/>
    public override string? Handle(PeerConnection peer, in PeerMessage message)
    {
        if (message.Id == MessageId.HashRequest)
            return server.Handle(peer, message);
        HashRequest request = HashRequest.Read(message.Body);
        ReadOnlySpan<byte> hashes = message.Body[HashRequest.BodyLength..];
        Question? question;
        bool isProven = false;
        lock (_gate)
        {
            if (!_open.TryGetValue(request, out question) || question.Asked != peer)
            {
                peer.FutileWork.Charge(FutileWork.Of(message.Body.Length));
                return null;
            }

            question.Asked = null;
            _silent.Remove(peer);
            isProven = message.Id == MessageId.Hashes && request.IsProven(hashes, question.Node);
            if (isProven)
                _open.Remove(request);
        }

        if (isProven)
        {
            question.Piece.Leaves = hashes.ToArray();
            End(question.Piece);
            return null;
        }

        if (message.Id == MessageId.Hashes)
            ban(peer, "Its hashes do not match the torrent.");
        else
            peer.FutileWork.Charge(FutileWork.Answer);
        if (!AskNext(request, question))
            End(question.Piece);
        return null;
    }

    /// <inheritdoc/>
    public override void PeerLeft(PeerConnection peer)
    {
        lock (_gate)
        {
            _silent.Remove(peer);
            foreach (Question question in _open.Values)
            {
                if (question.Asked == peer)
                    question.Asked = null;
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
        KeyValuePair<HashRequest, Question>[] due;
        lock (_gate)
        {
            if (_open.Count == 0)
                return;
            due = [.. _open.Where(open => open.Value is var question
                && (question.Piece.IsAbandoned || question.Asked is null || now - question.AskedAt > Patience))];
            foreach ((_, Question question) in due)
            {
                if (question.Asked is { IsClosed: false } asked && now - question.AskedAt > Patience)
                    _silent.Add(asked);
                question.Asked = null;
            }
        }

        foreach ((HashRequest request, Question question) in due)
        {
            if (!AskNext(request, question))
                End(question.Piece);
        }
    }

    /// <summary>Asks the next peer.</summary>
    /// <returns>False if there is none; then the hashes are not requested any more.</returns>
    private bool AskNext(HashRequest request, Question question)
    {
        IReadOnlyList<IBlockSource> senders = question.Piece.Senders;
        PeerConnection? chosen;
        lock (_gate)
        {
            chosen = question.Tried.Count >= MostTries || question.Piece.IsAbandoned ? null : peers()
                .Where(peer => peer.Peer is { IsV2: true, IsClosed: false } && !question.Tried.Contains(peer.Peer)
                    && (peer.Download.Availability.IsSeed || peer.Download.Availability.Pieces?[question.Piece.Index] == true)
                    && (question.IsSuspect || !senders.Contains(peer.Download)) && CountOf(peer.Peer) < MostOfPeer)
                .OrderBy(peer => senders.Contains(peer.Download)).ThenBy(peer => _silent.Contains(peer.Peer)).ThenBy(peer => CountOf(peer.Peer)).FirstOrDefault()?.Peer;
            if (chosen is null)
            {
                _open.Remove(request);
                question.Piece.AreLeavesAsked = false;
                return false;
            }

            question.Tried.Add(chosen);
            (question.Asked, question.AskedAt) = (chosen, Instant.Now(time));
        }

        // Outside the lock: the connection may turn out to be broken, and then its peer leaves.
        byte[] body = new byte[HashRequest.BodyLength];
        request.Write(body);
        chosen.Sender.Add(MessageId.HashRequest, body);
        chosen.Sender.Flush();
        return true;
    }

    private int CountOf(PeerConnection peer) => _open.Values.Count(question => question.Asked == peer);

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
    private sealed class Question(ActivePiece piece, byte[] node, bool isSuspect)
    {
        public ActivePiece Piece => piece;

        public byte[] Node => node;

        public bool IsSuspect { get; set; } = isSuspect;

        public HashSet<PeerConnection> Tried { get; } = [];

        public PeerConnection? Asked { get; set; }

        public Instant AskedAt { get; set; }
    }
}
