using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Limits;
using TorrentPatron.Engine.Pieces;
using TorrentPatron.Engine.Timing;
using TorrentPatron.Protocol.Trackers;

namespace TorrentPatron.Engine.WebSeeds;

/// <summary>
/// One web seed of a torrent: requests runs of blocks, two at a time once it is known to answer, as long as there is something to
/// download. Otherwise it has no task, timer or connection.
/// </summary>
#pragma warning disable CA1001 // Close ends the session; a web seed can be opened again.
internal sealed class WebSeed : IBlockSource
#pragma warning restore CA1001
{
    /// <summary>Parallel requests to a server that supports ranges: the next run is requested while one arrives.</summary>
    private const int MostRequests = 2;

    private const int MostDoublings = 7;

    /// <summary>Consecutive missing files after which no others are requested.</summary>
    private const int MostMissingFiles = 20;

    /// <summary>Time until a failed web seed is retried; doubles with each consecutive failure.</summary>
    private static readonly TimeSpan FirstRest = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Time without anything to download after which blocks that others owe are requested: perhaps they never arrive.
    /// </summary>
    private static readonly TimeSpan EndGamePatience = TimeSpan.FromSeconds(10);

    private readonly WebSeedTorrent _torrent;
    private readonly RateMeter _received;
    private readonly RunLength _runLength = new();
    private readonly Lock _gate = new();
    private Session? _session;
    private string? _message;
    private Instant _notBefore;
    private Instant _idleSince;
    private int _active;
    private int _mostRequests = 1;
    private int _failures;
    private int _requested;
    private bool _hasFailed;
    private volatile bool _isBanned;
    private TaskCompletionSource? _allEnded;

    /// <summary>Creates the web seed, which requests nothing before <see cref="Open"/>.</summary>
    /// <param name="address">Its address.</param>
    /// <param name="isAdded">Whether a user added it.</param>
    /// <param name="torrent">The torrent.</param>
    public WebSeed(Uri address, bool isAdded, WebSeedTorrent torrent)
    {
        (Address, IsAdded, _torrent) = (address, isAdded, torrent);
        Name = MaskedAddress.OfWebSeed(address);
        _received = new RateMeter(torrent.Engine.Milliseconds);
    }

    /// <summary>Its address.</summary>
    public Uri Address { get; }

    /// <summary>Whether a user added it.</summary>
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

    /// <summary>Whether a request is in progress.</summary>
    public bool IsActive => Volatile.Read(ref _active) > 0;

    /// <summary>Whether it is banned.</summary>
    public bool IsBanned => _isBanned;

    private TimeProvider Time => _torrent.Engine.Time;

    /// <inheritdoc/>
    public bool MayRequest(int piece) => !IsClosed;

    /// <summary>A snapshot of its state.</summary>
    public WebSeedSnapshot Snapshot()
    {
        lock (_gate)
        {
            Instant now = Instant.Now(Time);
            WebSeedStatus status = _isBanned ? WebSeedStatus.Banned
                : _hasFailed ? WebSeedStatus.Failed
                : _active > 0 ? WebSeedStatus.Downloading
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

    /// <summary>Allows requests, and forgets earlier failures.</summary>
    public void Open()
    {
        lock (_gate)
        {
            if (_session is not null || _isBanned)
                return;
            (_hasFailed, _failures, _message, _notBefore) = (false, 0, null, default);
            _idleSince = Instant.Now(Time);
            // Files may have been marked as missing before.
            Availability = new BlockAvailability();
            _session = new Session(MakeClient);
        }

        _torrent.Selection.SourceHas(this, pieces: null);
    }

    /// <summary>Stops requests until it is opened again.</summary>
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

    /// <summary>Completes when no request is in progress any more; it is closed.</summary>
    public Task EndAsync()
    {
        lock (_gate)
            return _active == 0 ? Task.CompletedTask : (_allEnded ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>Bans it because it sent wrong data.</summary>
    /// <returns>Whether it was not banned before.</returns>
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

    /// <summary>Called when the network's route has changed: closes connections and repeats requests in progress.</summary>
    public void DropConnections() => Renew(onlyIfIdle: false);

    /// <summary>Closes its connections if no request is in progress.</summary>
    public void Rest() => Renew(onlyIfIdle: true);

    /// <summary>Starts requests if there is something to download and none are in progress.</summary>
    /// <returns>Whether requests are in progress now.</returns>
    public bool Pump()
    {
        Session session;
        lock (_gate)
        {
            if (_session is null || _hasFailed || _active >= _mostRequests || Instant.Now(Time) < _notBefore)
                return _active > 0;
            session = _session;
            _active++;
        }

        _ = RunRequestsAsync(session);
        return true;
    }

    private void Renew(bool onlyIfIdle)
    {
        Session? before;
        lock (_gate)
        {
            before = _session;
            if (before is null or { IsUsed: false } || (onlyIfIdle && _active > 0))
                return;
            _session = new Session(MakeClient);
        }

        before.Dispose();
    }

    private WebSeedClient MakeClient() => new(Address, IsAdded, _torrent.Engine.Network, Time);

    /// <summary>Downloads one run after another. Never throws.</summary>
    private async Task RunRequestsAsync(Session session)
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
#pragma warning disable CA1031 // The root of a loop: any exception ends this web seed only.
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
                if (--_active == 0)
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

    /// <summary>Downloads a run.</summary>
    /// <returns>The piece to continue with; below 0 means none.</returns>
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

        using var patience = new ReadTimeLimits(Time, session.Ending);
        using WebSeedAnswer answer = await patience.WaitAsync(
            token => new ValueTask<WebSeedAnswer>(session.Client.GetAsync(address, range.Offset, range.Length, fileLength, token))).ConfigureAwait(false);
        if (!answer.IsWhole)
            AllowSeveral();
        // If the body is the whole file, it is used as far as the following data is wanted too; then it is cut off.
        long left = answer.IsWhole ? fileLength : answer.Length;
        long begun = _received.Total;
        while (left > 0 && (!run.IsComplete || (answer.IsWhole && TryGoOn(run))))
        {
            if (run.SlabLength < SlabPool.LargeLength && _received.Total - begun >= SlabPool.LargeLength)
                run.SlabLength = SlabPool.LargeLength;
            left -= await ReadAsync(answer.Body, run, left, patience, session).ConfigureAwait(false);
        }
    }

    private async Task<int> ReadAsync(Stream body, RunReceiver run, long most, ReadTimeLimits patience, Session session)
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
            if (_mostRequests == MostRequests)
                return;
            _mostRequests = MostRequests;
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
            _mostRequests = 1;
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

    /// <summary>Records that it does not have a file: pieces with bytes of it are not requested any more.</summary>
    private void LoseFile(int file)
    {
        (int first, int last) = _torrent.Ranges.PiecesOf(file);
        for (int piece = first; piece <= last && !IsClosed; piece++)
            _torrent.Selection.SourceLost(this, piece);
        lock (_gate)
            _hasFailed |= Availability.Pieces is { IsEmpty: true };
    }

    /// <summary>The connections and requests from one opening to the next close.</summary>
    private sealed class Session : IDisposable
    {
        private readonly CancellationTokenSource _ending = new();
        private volatile bool _isEnded;

        /// <summary>Created at the first request: a complete torrent needs none.</summary>
        private readonly Lazy<WebSeedClient> _client;

        public Session(Func<WebSeedClient> makeClient)
        {
            _client = new Lazy<WebSeedClient>(makeClient);
            Ending = _ending.Token;
        }

        public WebSeedClient Client => _client.Value;

        public CancellationToken Ending { get; }

        public bool IsEnded => _isEnded;

        /// <summary>Whether it was used for any request, so that there may be connections.</summary>
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
