using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Peers;
using TorrentPatron.Engine.Peers.Extensions;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Swarms;

/// <summary>The exchange of pieces with the connected peers of one torrent: choking, announcements, requests.</summary>
internal sealed class SwarmPeers : IPeerSetOwner, IUploadOnlyOwner, IDownloadHandler, IUploadHandler, IDisposable
{
    /// <summary>How long announcements of pieces are gathered before they are sent on their own.</summary>
    private static readonly TimeSpan HaveDelay = TimeSpan.FromMilliseconds(50);

    private readonly TorrentMetainfo _metainfo;
    private readonly SwarmPieces _pieces;
    private readonly IBlockReader _reader;
    private readonly EngineResources _engine;
    private readonly Random _random;
    private readonly Predicate<IBlockSource> _isInteresting;
    private readonly UploadOnly _uploadOnly;
    private readonly RecentPieces _recent;
    private readonly Lock _gate = new();
    private volatile PeerTransfer[] _peers = [];
    private ITimer? _haveTimer;
    private Instant _nextChoke;
    private bool _isHeldUp;
    private int _chokeRound;
    private int _haveScheduled;

    /// <summary>The super-seeder while super-seeding; replaced under the lock.</summary>
    private volatile SuperSeeder<PeerConnection>? _super;
    private volatile bool _isSuperSeedingWanted;
    private volatile bool _hasMetSeed;
    private long _wasted;
    private long _wastedOfEarlierRuns;

    public SwarmPeers(TorrentMetainfo metainfo, SwarmPieces pieces, IBlockReader reader, EngineResources engine, PeerSet set)
    {
        _metainfo = metainfo;
        _pieces = pieces;
        _reader = reader;
        _engine = engine;
        _random = engine.Random;
        _isInteresting = pieces.Selection.IsInteresting;
        _recent = new RecentPieces(Math.Max(1, metainfo.PieceLength));
        Set = set;
        _uploadOnly = new UploadOnly(this);
        set.Extensions.Set(_uploadOnly);
        set.Extensions.Set(DontHave.Instance);
        long now = engine.Milliseconds;
        Received = new RateMeter(now);
        Sent = new RateMeter(now);
    }

    /// <summary>The connections.</summary>
    public PeerSet Set { get; }

    /// <summary>Payload received.</summary>
    public RateMeter Received { get; }

    /// <summary>Payload sent.</summary>
    public RateMeter Sent { get; }

    /// <summary>Payload received and discarded, bytes.</summary>
    public long Wasted => Interlocked.Read(ref _wasted);

    /// <summary>Payload of this run that was useful so far, bytes.</summary>
    public long Useful => Received.Total - (Wasted - Interlocked.Read(ref _wastedOfEarlierRuns));

    /// <summary>The currently connected peers.</summary>
    public IReadOnlyList<PeerTransfer> Connected => _peers;

    /// <summary>Called when blocks may have become free, so that sources other than peers can request them.</summary>
    public Action BlocksFreed { private get; init; } = static () => { };

    /// <summary>Whether it is idle: no peer is connected or known, and nothing flows.</summary>
    public bool IsResting
    {
        get
        {
            long now = _engine.Milliseconds;
            return Set.Connected.Count == 0 && Set.Directory.Count == 0 && Received.Rate(now) + Sent.Rate(now) == 0;
        }
    }

    /// <inheritdoc/>
    bool IUploadOnlyOwner.IsUploadOnly => _pieces.Selection.IsComplete && _super is null;

    /// <inheritdoc/>
    void IUploadOnlyOwner.UploadOnlyChanged(PeerConnection peer) => CloseIfUseless(peer, peer.Transfer?.Download.Availability.IsSeed == true);

    /// <inheritdoc/>
    public int PieceCount => _metainfo.PieceCount;

    /// <inheritdoc/>
    public bool HasBlockHashes => _pieces.Leaves is not null;

    /// <inheritdoc/>
    public bool TryVerifyBlocks(ActivePiece piece) => _pieces.TryVerifyBlocks(piece);

    /// <summary>
    /// Whether to super-seed (BEP 16) while all pieces are verified, until another seed appears. Peers already connected know our
    /// pieces and are unaffected.
    /// </summary>
    public bool SuperSeeding
    {
        set
        {
            if (_isSuperSeedingWanted == value)
                return;
            (_isSuperSeedingWanted, _hasMetSeed) = (value, false);
            UpdateSuperSeeding();
        }
    }

    /// <summary>Starts dialling and accepting peers; connected ones start exchanging pieces.</summary>
    public void Open()
    {
        _hasMetSeed = false;
        UpdateSuperSeeding();
        foreach (PeerConnection peer in Set.GiveTo(this))
        {
            if (peer.Transfer is not null)
                continue;
            try
            {
                Adopt(peer);
            }
#pragma warning disable CA1031 // Any exception ends this peer only.
            catch (Exception e)
#pragma warning restore CA1031
            {
                peer.Close(e, "joining of a peer");
            }
        }

        Set.Open();
    }

    /// <summary>Called when traffic resumes after an idle time, so that rates are measured from now on.</summary>
    public void BeginFlow()
    {
        long now = _engine.Milliseconds;
        Received.Rate(now);
        Sent.Rate(now);
    }

    /// <inheritdoc/>
    public void PeerJoined(PeerConnection peer)
    {
        PeerTransfer transfer = NewTransfer(peer);
        // In one step, so that a piece verified meanwhile is either in the bitfield or announced after it.
        lock (_gate)
        {
            Bitfield pieces = _pieces.Selection.Verified();
            if (_super is null)
                transfer.Upload.AddPieces(pieces);
            else
                Conceal(transfer);
            peer.Extensions.AddHello(Set.HelloTo(peer));
            if (_super is null)
                transfer.Upload.AddFastGrants(_metainfo.InfoHash, pieces);
            _peers = [.. _peers, transfer];
        }

        peer.Begin(transfer, PieceCount);
    }

    /// <inheritdoc/>
    public void PeerLeft(PeerConnection peer)
    {
        PeerTransfer? transfer;
        lock (_gate)
        {
            transfer = Array.Find(_peers, p => p.Peer == peer);
            _peers = Array.FindAll(_peers, p => p != transfer);
            _super?.Remove(peer);
        }

        if (transfer is null)
            return;
        _pieces.PeerLeft(transfer.Download);
        Set.Hashes?.PeerLeft(peer);
        if (!Set.IsOpen)
            return;
        if (!transfer.Upload.AmChoking)
            _nextChoke = default;
        WakeStarved();
    }

    /// <summary>Handles rates, timeouts, choking and dialling; called about once a second.</summary>
    /// <param name="elapsed">Time since the last call.</param>
    public void Tick(TimeSpan elapsed)
    {
        PeerTransfer[] peers = _peers;
        double seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        bool wantsPieces = !_pieces.Selection.IsComplete;
        foreach (PeerTransfer peer in peers)
        {
            peer.Standing.Measure(peer.Download.PayloadReceived, peer.Upload.PayloadSent, seconds);
            peer.Peer.Tick(peer.Standing.DownloadRate, wantsPieces);
        }

        bool wasHeldUp = _isHeldUp;
        _isHeldUp = _pieces.IsHeldUp;
        if (wasHeldUp && !_isHeldUp)
            WakeStarved();
        if (peers.Length > 0 && Instant.Now(_engine.Time) >= _nextChoke)
            Rechoke();
        UpdateSuperSeeding();
        if (_super is not null)
            RevealPieces();
        else if (_engine.Settings.SuggestPieces)
            Suggest(peers);
        Set.TurnOver();
        Set.DialMore();
    }

    /// <summary>Announces a verified piece, and updates our interest in the peers.</summary>
    public void PieceVerified(int piece, bool isComplete)
    {
        PeerTransfer[] peers;
        lock (_gate)
            peers = _peers;
        if (_engine.Settings.SuggestPieces)
            _recent.Add(piece);
        bool hasNews = false;
        foreach (PeerTransfer peer in peers)
        {
            if (!peer.Download.Availability.IsSeed && peer.Download.Availability.Pieces?[piece] != true)
            {
                peer.Peer.Sender.Add(MessageId.Have, piece);
                hasNews = true;
            }

            if (_pieces.Selection.NoLongerWanted(peer.Download, piece))
                peer.Download.UpdateInterest(_isInteresting);
        }

        if (isComplete)
        {
            UpdateSuperSeeding();
            hasNews |= TellCompleteness();
        }

        if (hasNews && Interlocked.Exchange(ref _haveScheduled, 1) == 0)
            ScheduleHaves();
    }

    /// <summary>Called when the wanted pieces have changed: updates our interest and requests.</summary>
    public void WantsChanged()
    {
        foreach (PeerTransfer peer in _peers)
            peer.Download.UpdateInterest(_isInteresting);
        TellCompleteness();
        FlushHaves();

        if (_pieces.Selection.IsComplete)
            return;
        // Peers that had nothing for us before may have something now.
        Set.Directory.RetryAll();
        WakeStarved();
        Set.DialMore();
    }

    /// <summary>Handles a failed piece. If one source sent all of it, it is banned.</summary>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="senders">Its senders.</param>
    public void PieceFailed(int length, IReadOnlyList<IBlockSource> senders)
    {
        Interlocked.Add(ref _wasted, length);
        if (senders.Count == 1)
            Ban(senders);
        WakeStarved();
    }

    /// <summary>Handles dropped bytes of a failed piece: requests them again.</summary>
    public void BlocksDropped(long bytes, bool areOfThisRun)
    {
        if (!areOfThisRun)
            Interlocked.Add(ref _wastedOfEarlierRuns, bytes);
        Interlocked.Add(ref _wasted, bytes);
        WakeStarved();
    }

    /// <summary>Bans peers that sent wrong data; they may have left already.</summary>
    public void Ban(IReadOnlyList<IBlockSource> sources)
    {
        foreach (PeerDownload peer in sources.OfType<PeerDownload>())
            Set.Ban(peer.Peer, "It sent corrupt data.");
    }

    /// <inheritdoc/>
    public int PieceRoom(int piece) => _metainfo.PieceRoom(piece);

    /// <inheritdoc/>
    public bool HasPiece(int piece) => _pieces.Selection.Has(piece);

    /// <inheritdoc/>
    public void PeerHasPieces(PeerDownload peer, Bitfield? pieces)
    {
        _pieces.Selection.SourceHas(peer, pieces);
        Set.Hashes?.PeerReady(peer.Peer);
        if (_super is { } super && pieces is not null)
        {
            super.Has(peer.Peer, pieces, Instant.Now(_engine.Time));
            RevealPieces();
        }

        NoteSeed(peer);
        peer.UpdateInterest(_isInteresting);
        CloseIfUseless(peer.Peer, peer.Availability.IsSeed);
    }

    /// <inheritdoc/>
    public void PeerHasPiece(PeerDownload peer, int piece)
    {
        _pieces.Selection.SourceHas(peer, piece);
        if (_super is { } super && super.Has(peer.Peer, piece, Instant.Now(_engine.Time)))
            RevealPieces();
        NoteSeed(peer);
        peer.UpdateInterest(_isInteresting);
        CloseIfUseless(peer.Peer, peer.Availability.IsSeed);
    }

    /// <inheritdoc/>
    public void PeerLostPiece(PeerDownload peer, int piece)
    {
        _pieces.Selection.SourceLost(peer, piece);
        peer.UpdateInterest(_isInteresting);
    }

    /// <inheritdoc/>
    public void PeerInterestChanged(PeerUpload peer)
    {
        if (!peer.IsInterested)
            return;
        // A free slot is given at once; if all slots are taken, the peer waits for the next decision. An unchoked peer that is
        // not interested now keeps its slot: otherwise peers that alternate between interested and not interested would all have
        // one.
        int unchoked = 0, unchokedPreferred = 0;
        foreach (PeerTransfer other in _peers)
        {
            if (other.Upload.AmChoking)
                continue;
            unchoked++;
            unchokedPreferred += other.Peer.Class.IsPreferred ? 1 : 0;
        }

        if (Choker.HasSlot(peer.Peer.Class.IsPreferred, unchoked, unchokedPreferred))
            peer.SetChoking(false);
    }

    /// <inheritdoc/>
    public int Reserve(PeerDownload peer, ref ActivePiece? current, Span<PendingBlock> into) => _pieces.Active.Reserve(peer, ref current, into);

    /// <inheritdoc/>
    public void Released(IBlockSource source, ReadOnlySpan<PendingBlock> blocks)
    {
        // In the end game thousands of blocks are cancelled because another source sent them: they are no use to anyone.
        if (_pieces.Active.Release(source, blocks))
            WakeStarved();
    }

    /// <inheritdoc/>
    public void BlockArrivedFrom(IBlockSource source, PendingBlock block)
    {
        (IBlockSource? first, IBlockSource? second) = block.Piece.AskedFor(block.Block);
        (first as PeerDownload)?.CancelRequest(block);
        (second as PeerDownload)?.CancelRequest(block);
    }

    /// <inheritdoc/>
    public void BlocksAdded(IReadOnlyList<ActivePiece> pieces, long bytesToHash) => _pieces.BlocksAdded(pieces, bytesToHash);

    /// <inheritdoc/>
    public void PayloadReceived(int bytes, int wasted)
    {
        Received.Add(bytes);
        if (wasted > 0)
            Interlocked.Add(ref _wasted, wasted);
    }

    /// <inheritdoc/>
    public void PieceAsked(PeerUpload peer, int piece)
    {
        if (_engine.Settings.SuggestPieces)
            _recent.Add(piece);
    }

    /// <inheritdoc/>
    public void PayloadSent(int bytes) => Sent.Add(bytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Set.Close("The torrent is stopping.");
        lock (_gate)
            _haveTimer?.Dispose();
    }

    private PeerTransfer NewTransfer(PeerConnection peer) =>
        new(new PeerDownload(peer, this, _engine.Time), new PeerUpload(peer, this, _reader));

    /// <summary>
    /// Starts exchanging pieces with a peer that connected before they were known, and was told that we have none.
    /// </summary>
    private void Adopt(PeerConnection peer)
    {
        PeerTransfer transfer = NewTransfer(peer);
        lock (_gate)
        {
            // A peer that leaves after this is removed again.
            if (peer.IsClosed)
                return;
            Bitfield pieces = _pieces.Selection.Verified();
            if (_super is not null)
            {
                Conceal(transfer, isTold: true);
            }
            else
            {
                foreach (int piece in pieces.Ones)
                    peer.Sender.Add(MessageId.Have, piece);
            }

            peer.Extensions.AddHello(Set.HelloTo(peer));
            if (_super is null)
                transfer.Upload.AddFastGrants(_metainfo.InfoHash, pieces);
            _peers = [.. _peers, transfer];
        }

        if (peer.Begin(transfer, PieceCount) is { } fault)
            peer.Close(fault);
        peer.Sender.Flush();
    }

    /// <summary>Hides our pieces from a new peer. Called with the lock held.</summary>
    /// <param name="transfer">The peer.</param>
    /// <param name="isTold">Whether it has already been told that we have nothing.</param>
    private void Conceal(PeerTransfer transfer, bool isTold = false)
    {
        transfer.Upload.Conceal(PieceCount, isTold);
        _super!.Add(transfer.Peer, knowsAll: false, Instant.Now(_engine.Time));
    }

    /// <summary>Starts or ends super-seeding as appropriate.</summary>
    private void UpdateSuperSeeding()
    {
        bool isDue = _isSuperSeedingWanted && !_hasMetSeed && PieceCount > 0 && _pieces.Selection.Progress.VerifiedPieces == PieceCount;
        if (isDue == _super is not null)
            return;
        Instant now = Instant.Now(_engine.Time);
        PeerTransfer[] peers;
        SuperSeeder<PeerConnection>? super = isDue ? new SuperSeeder<PeerConnection>(PieceCount, _random) : null;
        lock (_gate)
        {
            if (isDue == _super is not null)
                return;
            peers = _peers;
            foreach (PeerTransfer peer in peers)
                super?.Add(peer.Peer, knowsAll: true, now);
            _super = super;
        }

        if (super is null)
        {
            RevealAll(peers);
            return;
        }

        foreach (PeerTransfer peer in peers)
        {
            if (peer.Download.Availability.Pieces is { } pieces)
                super.Has(peer.Peer, pieces, now);
            NoteSeed(peer.Download);
        }
    }

    /// <summary>Called when another seed appears: our pieces need not be spread sparingly any more.</summary>
    private void NoteSeed(PeerDownload peer)
    {
        if (_super is null || !peer.Availability.IsSeed)
            return;
        _hasMetSeed = true;
        UpdateSuperSeeding();
    }

    private void RevealPieces()
    {
        if (_super is not { } super)
            return;
        PeerTransfer[] peers = _peers;
        PeerTransfer? Find(PeerConnection peer) => Array.Find(peers, transfer => transfer.Peer == peer);
        foreach ((PeerConnection peer, int piece) in super.Reveal(Instant.Now(_engine.Time), peer => Find(peer)?.Upload.IsInterested == true))
        {
            Find(peer)?.Upload.Reveal(piece);
            peer.Flush();
        }
    }

    private void RevealAll(PeerTransfer[] peers)
    {
        Bitfield pieces = _pieces.Selection.Verified();
        foreach (PeerTransfer peer in peers)
        {
            if (!peer.Upload.IsConcealing)
                continue;
            if (peer.Upload.RevealAll(pieces))
                peer.Peer.Flush();
            else
                peer.Peer.Close("Super-seeding showed it only a few pieces; when it reconnects it learns of all.");
        }

        TellCompleteness();
        FlushHaves();
    }

    private void Suggest(PeerTransfer[] peers)
    {
        int[] recent = _recent.Newest();
        foreach (PeerTransfer peer in peers)
        {
            if (!peer.Download.Availability.IsSeed && peer.Upload.Suggest(recent, peer.Download.Availability))
                peer.Peer.Flush();
        }
    }

    private void Rechoke()
    {
        _nextChoke = Instant.Now(_engine.Time) + Choker.Interval;
        PeerTransfer[] peers = _peers;
        ChokeDecision decision = Choker.Decide(Array.ConvertAll(peers, ToCandidate), _pieces.Selection.IsComplete, _chokeRound++, _random);
        for (int i = 0; i < peers.Length; i++)
        {
            peers[i].Standing.IsOptimistic = i == decision.Optimistic;
            peers[i].Upload.SetChoking(!decision.Unchoked.Contains(i));
        }
    }

    private static ChokeCandidate ToCandidate(PeerTransfer peer) => new(
        peer.Upload.IsInterested && !peer.Peer.IsClosed, peer.Upload.AmChoking, peer.Standing.DownloadRate, peer.Standing.UploadRate, peer.Standing.IsOptimistic,
        peer.Peer.Class.IsPreferred);

    public void WakeStarved()
    {
        // Preferred peers get free blocks first.
        PeerTransfer[] peers = _peers;
        Wake(peers, arePreferred: true);
        Wake(peers, arePreferred: false);
        BlocksFreed();

        static void Wake(PeerTransfer[] peers, bool arePreferred)
        {
            foreach (PeerTransfer peer in peers)
            {
                // A peer whose requests were all cancelled gets no message that would wake it.
                if (peer.Peer.Class.IsPreferred == arePreferred && (peer.Download.IsStarved || peer.Download.Requests.Count == 0))
                    peer.Download.FillRequests();
            }
        }
    }

    private void ScheduleHaves()
    {
        lock (_gate)
        {
            _haveTimer ??= _engine.Time.CreateTimer(_ => FlushHaves(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _haveTimer.Change(HaveDelay, Timeout.InfiniteTimeSpan);
        }
    }

    private void FlushHaves()
    {
        Volatile.Write(ref _haveScheduled, 0);
        // Called from a timer, where an exception ends the process.
        foreach (PeerTransfer peer in _peers)
            peer.Peer.Flush();
    }

    /// <summary>Announces at the next flush whether we are upload-only; closes peers with nothing left to exchange.</summary>
    /// <returns>Whether anyone is told.</returns>
    private bool TellCompleteness()
    {
        foreach (PeerTransfer peer in _peers)
        {
            CloseIfUseless(peer.Peer, peer.Download.Availability.IsSeed);
            if (!peer.Peer.IsClosed)
                _uploadOnly.AddTo(peer.Peer);
        }

        return _peers.Length > 0;
    }

    /// <summary>Called when the requested hashes have arrived: closes peers that were kept only for them.</summary>
    public void HashesReceived()
    {
        foreach (PeerTransfer peer in _peers)
            CloseIfUseless(peer.Peer, peer.Download.Availability.IsSeed);
    }

    /// <summary>Closes a connection between two complete sides, which have nothing to exchange.</summary>
    private void CloseIfUseless(PeerConnection peer, bool isSeed)
    {
        if ((isSeed || peer.Extensions.IsUploadOnly) && _pieces.Selection.IsComplete && Set.Hashes?.Awaits(peer) != true)
            peer.Close("Both sides are complete.");
    }
}
