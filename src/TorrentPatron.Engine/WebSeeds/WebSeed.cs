using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>
/// One web seed of a torrent: asks for runs of blocks, two at a time once it is known to answer, as long as there is something to fetch. While
/// there is nothing it has no task, timer or connection.
/// </summary>
#pragma warning disable CA1001 // Close ends the session; a web seed can be opened again.
internal sealed class WebSeed : IBlockSource
#pragma warning restore CA1001
{
    /// <summary>Requests at once to a server that sends parts: while one run comes, the next is asked for.</summary>
    private const int MostLanes = 2;

    private const int MostDoublings = 7;

    /// <summary>Files in a row that it does not have after which it is not asked for others.</summary>
    private const int MostMissingFiles = 20;

    /// <summary>Time until a web seed that has failed is asked again; it doubles with each failure in a row.</summary>
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(5);

    /// <summary>Time without anything to fetch after which a web seed is asked for what others owe: perhaps they never give it.</summary>
    private static readonly TimeSpan EndGamePatience = TimeSpan.FromSeconds(10);

    private readonly WebSeedTorrent _torrent;
    private readonly RateMeter _received;
    private readonly RunLength _runLength = new();
    private readonly Lock _gate = new();
    private Session? _session;
    private string? _message;
    private Instant _notBefore;
    private Instant _idleSince;
    private int _lanes;
    private int _mostLanes = 1;
    private int _failures;
    private int _requested;
    private bool _hasFailed;
    private volatile bool _isBanned;
    private TaskCompletionSource? _allEnded;

    /// <summary>Makes it; nothing is asked before <see cref="Open"/>.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="isAdded">Whether it was added by hand.</param>
    /// <param name="torrent">The torrent.</param>
    public WebSeed(Uri address, bool isAdded, WebSeedTorrent torrent)
    {
        (Address, IsAdded, _torrent) = (address, isAdded, torrent);
        Name = MaskedAddress.OfWebSeed(address);
        _received = new RateMeter(torrent.Engine.Milliseconds);
    }

    /// <summary>Its address.</summary>
    public Uri Address { get; }

    /// <summary>Whether it was added by hand.</summary>
    public bool IsAdded { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public BlockAvailability Availability { get; private set; } = new();

    /// <inheritdoc/>
    public bool IsClosed => _isBanned || Volatile.Read(ref _session) is null;

    /// <inheritdoc/>
    public bool IsChoking => false;

    /// <inheritdoc/>
    public bool IsSnubbed => false;

    /// <inheritdoc/>
    public int Requested => Volatile.Read(ref _requested);

    /// <inheritdoc/>
    public IReadOnlyCollection<int> AllowedFast => [];

    /// <summary>Whether it is being asked.</summary>
    public bool IsActive => Volatile.Read(ref _lanes) > 0;

    /// <summary>Whether it has been shut out.</summary>
    public bool IsBanned => _isBanned;

    private TimeProvider Time => _torrent.Engine.Time;

    /// <inheritdoc/>
    public bool MayRequest(int piece) => !IsClosed;

    /// <summary>How it stands.</summary>
    public WebSeedSnapshot Snapshot()
    {
        lock (_gate)
        {
            Instant now = Instant.Now(Time);
            WebSeedStatus status = _isBanned ? WebSeedStatus.Banned
                : _hasFailed ? WebSeedStatus.Failed
                : _lanes > 0 ? WebSeedStatus.Downloading
                : now < _notBefore && _session is not null ? WebSeedStatus.Waiting : WebSeedStatus.Idle;
            return new WebSeedSnapshot
            {
                Uri = Address,
                Status = status,
                IsAdded = IsAdded,
                DownloadRate = _received.Rate(_torrent.Engine.Milliseconds),
                BytesReceived = _received.Total,
                Failures = _failures,
                Message = _message,
                NextAttempt = status == WebSeedStatus.Waiting ? WallTime.At(_notBefore, Time) : null,
            };
        }
    }

    /// <summary>May be asked from now on; what it has failed in before is forgiven.</summary>
    public void Open()
    {
        lock (_gate)
        {
            if (_session is not null || _isBanned)
                return;
            (_hasFailed, _failures, _message, _notBefore) = (false, 0, null, default);
            _idleSince = Instant.Now(Time);
            // It may have lost files before.
            Availability = new BlockAvailability();
            _session = new Session(MakeClient);
        }

        _torrent.Selection.SourceHas(this, pieces: null);
    }

    /// <summary>Is asked no more, until it is opened again.</summary>
    public void Close()
    {
        Session? session;
        lock (_gate)
            (session, _session) = (_session, null);
        if (session is null)
            return;
        _torrent.Selection.SourceLeft(this);
        session.Dispose();
    }

    /// <summary>Completes when nothing is under way any more; it is closed.</summary>
    public Task EndAsync()
    {
        lock (_gate)
            return _lanes == 0 ? Task.CompletedTask : (_allEnded ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>It has sent wrong data: it is shut out.</summary>
    /// <returns>Whether it was not before.</returns>
    public bool TryBan()
    {
        lock (_gate)
        {
            if (_isBanned)
                return false;
            _isBanned = true;
            _message = "It sent corrupt data.";
        }

        Close();
        return true;
    }

    /// <summary>The network goes another way: connections end, and requests under way are made again.</summary>
    public void DropConnections() => Renew(onlyIfIdle: false);

    /// <summary>Lets go of connections, where nothing is asked.</summary>
    public void Rest() => Renew(onlyIfIdle: true);

    /// <summary>Asks for what there is, as far as it is not being done already.</summary>
    /// <returns>Whether it is asked now.</returns>
    public bool Pump()
    {
        Session session;
        lock (_gate)
        {
            if (_session is null || _hasFailed || _lanes >= _mostLanes || Instant.Now(Time) < _notBefore)
                return _lanes > 0;
            session = _session;
            _lanes++;
        }

        _ = RunLaneAsync(session);
        return true;
    }

    private void Renew(bool onlyIfIdle)
    {
        Session? before;
        lock (_gate)
        {
            before = _session;
            if (before is null or { IsUsed: false } || (onlyIfIdle && _lanes > 0))
                return;
            _session = new Session(MakeClient);
        }

        before.Dispose();
    }

    private WebSeedClient MakeClient() => new(Address, IsAdded, _torrent.Engine.Network, Time);

    /// <summary>Fetches one run after the other. Never throws.</summary>
    private async Task RunLaneAsync(Session session)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        bool hasFetched = false;
        try
        {
            int next = -1;
            var blocks = new List<PendingBlock>();
            while (MayGoOn(session) && Reserve(next, blocks))
            {
                hasFetched = true;
                session.IsUsed = true;
                next = await FetchAsync(session, blocks).ConfigureAwait(false);
                blocks.Clear();
            }
        }
#pragma warning disable CA1031 // The root of a loop: whatever it is ends this web seed and nothing else.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _torrent.Engine.Faults.Record("web seed", e);
            Fail(new WebSeedException("The engine failed with an internal error.", WebSeedFault.Lasting, inner: e));
        }
        finally
        {
            lock (_gate)
            {
                if (hasFetched)
                    _idleSince = Instant.Now(Time);
                if (--_lanes == 0)
                    _allEnded?.TrySetResult();
            }
        }
    }

    private bool MayGoOn(Session session)
    {
        lock (_gate)
            return session == _session && !_hasFailed && Instant.Now(Time) >= _notBefore;
    }

    private bool Reserve(int next, List<PendingBlock> blocks)
    {
        long bytes;
        bool isPatient;
        lock (_gate)
        {
            bytes = _runLength.Bytes;
            isPatient = Instant.Now(Time) - _idleSince < EndGamePatience;
        }

        if (_torrent.Active.ReserveRun(this, next, bytes, blocks) == 0 && !isPatient && Requested == 0)
            _torrent.Active.ReserveOwedRun(this, bytes, blocks);
        return blocks.Count > 0;
    }

    /// <summary>Fetches a run.</summary>
    /// <returns>The piece with which to go on; below 0: none.</returns>
    private async Task<int> FetchAsync(Session session, List<PendingBlock> blocks)
    {
        int counted = blocks.Count;
        Interlocked.Add(ref _requested, counted);
        long begun = Time.GetTimestamp();
        using var run = new RunReceiver(this, blocks, _torrent.Handler, _torrent.Engine.Slabs, _torrent.Metainfo.PieceLength);
        long bytes = run.Remaining;
        try
        {
            await ReceiveAsync(session, run).ConfigureAwait(false);
            Succeed(bytes, Time.GetElapsedTime(begun));
            return run.Last.Block + 1 < run.Last.Piece.BlockCount ? run.Last.Piece.Index : run.Last.Piece.Index + 1;
        }
        catch (Exception e) when (e is WebSeedException or HttpRequestException or IOException or System.Net.Sockets.SocketException
            or OperationCanceledException or ObjectDisposedException)
        {
            if (!session.IsEnded)
                Fail(WebSeedClient.Describe(e), run.File);
            return -1;
        }
        finally
        {
            Interlocked.Add(ref _requested, -counted);
        }
    }

    private async Task ReceiveAsync(Session session, RunReceiver run)
    {
        while (!run.IsComplete)
        {
            FileRange range = _torrent.Ranges.At(run.Position, run.Remaining);
            if (range.IsZeros)
                run.AddZeros(range.Length);
            else
                await ReceiveAsync(session, run, range).ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync(Session session, RunReceiver run, FileRange range)
    {
        long fileLength = _torrent.Metainfo.Files[range.File].Length;
        run.File = range.File;
        if (!_torrent.Urls.TryGetAddress(Address, range.File, out Uri? address))
            throw new WebSeedException("Its address cannot express a file of that name.", WebSeedFault.File);

        using var patience = new ReadPatience(Time, session.Ending);
        using WebSeedAnswer answer = await patience.WaitAsync(
            token => new ValueTask<WebSeedAnswer>(session.Client.GetAsync(address, range.Offset, range.Length, fileLength, token))).ConfigureAwait(false);
        if (!answer.IsWhole)
            AllowSeveral();
        // A body that is the whole file is used as far as what comes next is wanted too; then it is cut off.
        long left = answer.IsWhole ? fileLength : answer.Length;
        long begun = _received.Total;
        while (left > 0 && (!run.IsComplete || (answer.IsWhole && TryGoOn(run))))
        {
            if (run.SlabLength < SlabPool.LargeLength && _received.Total - begun >= SlabPool.LargeLength)
                run.SlabLength = SlabPool.LargeLength;
            left -= await ReadAsync(answer.Body, run, left, patience, session).ConfigureAwait(false);
        }
    }

    private async Task<int> ReadAsync(Stream body, RunReceiver run, long most, ReadPatience patience, Session session)
    {
        await _torrent.BackPressure.WaitAsync(session.Ending).ConfigureAwait(false);
        RateLimiterPair limits = _torrent.Limits;
        bool isLimited = !limits.IsUnlimited;
        Memory<byte> room = run.Room(isLimited ? Math.Min(most, limits.Portion) : most);
        int received = await patience.WaitAsync(token => body.ReadAsync(room, token)).ConfigureAwait(false);
        if (received == 0)
            throw new WebSeedException("It sends fewer bytes than it announced.", WebSeedFault.Passing);
        _received.Add(received);
        run.Advance(received);
        patience.Received(received);
        if (isLimited)
            await limits.AcquireAsync(received, session.Ending).ConfigureAwait(false);
        return received;
    }

    private bool TryGoOn(RunReceiver run) => run.TryProlong((last, into) => _torrent.Active.ReserveBehind(this, last, RunLength.Least, into));

    private void AllowSeveral()
    {
        lock (_gate)
        {
            if (_mostLanes == MostLanes)
                return;
            _mostLanes = MostLanes;
        }

        Pump();
    }

    private void Succeed(long bytes, TimeSpan elapsed)
    {
        lock (_gate)
        {
            _runLength.Came(bytes, elapsed);
            (_failures, _message) = (0, null);
        }
    }

    private void Fail(WebSeedException error, int file = -1)
    {
        lock (_gate)
        {
            _message = error.Message;
            _failures++;
            _runLength.Failed();
            _mostLanes = 1;
            if (error.Fault == WebSeedFault.Passing)
            {
                TimeSpan rest = error.RetryAfter ?? FirstRest * (1 << Math.Min(_failures - 1, MostDoublings));
                _notBefore = Instant.Now(Time) + rest;
            }
            else if (error.Fault == WebSeedFault.Lasting || _torrent.Ranges.Count == 1 || _failures >= MostMissingFiles)
            {
                _hasFailed = true;
            }
        }

        if (error.Fault == WebSeedFault.File && file >= 0)
            LoseFile(file);
    }

    /// <summary>It does not have a file: it is not asked for pieces with bytes of that any more.</summary>
    private void LoseFile(int file)
    {
        (int first, int last) = _torrent.Ranges.PiecesOf(file);
        for (int piece = first; piece <= last && !IsClosed; piece++)
            _torrent.Selection.SourceLost(this, piece);
        lock (_gate)
            _hasFailed |= Availability.Pieces is { IsEmpty: true };
    }

    /// <summary>From one opening to the next end: the connections, and what is done by them.</summary>
    private sealed class Session : IDisposable
    {
        private readonly CancellationTokenSource _ending = new();
        private volatile bool _isEnded;

        /// <summary>Made when it is first asked: a torrent that is complete needs none.</summary>
        private readonly Lazy<WebSeedClient> _client;

        public Session(Func<WebSeedClient> makeClient)
        {
            _client = new Lazy<WebSeedClient>(makeClient);
            Ending = _ending.Token;
        }

        public WebSeedClient Client => _client.Value;

        public CancellationToken Ending { get; }

        public bool IsEnded => _isEnded;

        /// <summary>Whether anything was asked by it, so that there may be connections.</summary>
        public bool IsUsed { get; set; }

        public void Dispose()
        {
            _isEnded = true;
            _ending.Cancel();
            if (_client.IsValueCreated)
                _client.Value.Dispose();
            _ending.Dispose();
        }
    }
}
