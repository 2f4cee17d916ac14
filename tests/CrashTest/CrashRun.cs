using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using TorrentPatron.Engine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.State;

namespace TorrentPatron.CrashTest;

/// <summary>
/// A download that is killed at a random moment, restarted and killed again until it is complete; then the next download. After each kill
/// everything that counts must be on disk, and little that is on disk may not count.
/// </summary>
internal sealed class CrashRun : IAsyncDisposable
{
    private const string Name = "content.bin";

    /// <summary>Number of small idle torrents that run beside a service's download.</summary>
    private const int Rests = 10;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"crash-test-{Guid.NewGuid():N}");
    private readonly Random _random;
    private readonly TorrentMetainfo _metainfo;
    private readonly string _torrent;
    private readonly TorrentService _service;
    private readonly Patron _seed;
    private readonly long _rate;
    private readonly int _pieceLength;
    private readonly bool _isService;
    private readonly StartRequest[] _rests;
    private ServicePromises _promises = new();
    private int _waitsEnded;
    private readonly List<CrashRound> _rounds = [];
    private long _counted;
    private long _sentBefore;
    private int _life;
    private int _completed;

    /// <summary>Makes a torrent of random bytes and a seed for it.</summary>
    /// <param name="size">Size in MiB.</param>
    /// <param name="rate">Upload limit of the seed in MiB/s.</param>
    /// <param name="piece">Piece length in KiB.</param>
    /// <param name="seed">The seed of the random numbers.</param>
    /// <param name="isService">Whether <c>patron service</c> downloads it, for clients that start, stop and wait.</param>
    public CrashRun(int size, int rate, int piece, int seed, bool isService = false)
    {
        _isService = isService;
        _random = new Random(seed);
        _pieceLength = piece << 10;
        _rate = (long)rate << 20;
        Directory.CreateDirectory(SeedFolder);
        _metainfo = MakeTorrent((long)size << 20);
        _rests = [.. Enumerable.Range(0, Rests).Select(number => new StartRequest { Metainfo = MakeRest(number) })];
        _torrent = Path.Combine(_folder, "content.torrent");
        File.WriteAllBytes(_torrent, _metainfo.Raw.ToArray());
        _service = new TorrentService(
            new ServiceSettings
            {
                Client = new ClientSettings { BindAddress = IPAddress.Loopback, Limits = new RateLimits(0, _rate) },
                StatePath = Path.Combine(_folder, "seed state"),
            },
            settings => new TorrentClient(settings));
        _seed = _service.CreatePatron();
    }

    /// <summary>Number of killed downloads so far.</summary>
    public int Kills => _rounds.Count(round => !round.IsComplete);

    /// <summary>The results of the rounds.</summary>
    public IReadOnlyList<CrashRound> Rounds => _rounds;

    private string SeedFolder => Path.Combine(_folder, "seed");

    private string Life => Path.Combine(_folder, $"life {_life}");

    private string State => Path.Combine(Life, "state");

    private string Content => Path.Combine(Life, "download", Name);

    /// <summary>Starts the download, kills it, and examines its data and saved state.</summary>
    /// <exception cref="CrashTestException">Too much was lost, or missing data counts.</exception>
    public async Task<CrashRound> NextAsync()
    {
        IPEndPoint peer = await SeedAsync().ConfigureAwait(false);
        // A service first waits for clients.
        double seconds = 0.3 + (_random.NextDouble() * ((_isService ? 3 : 1) + ((double)_metainfo.TotalSize / _rate)));
        (bool isComplete, TimeSpan age) = await DownloadAsync(peer, TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);

        // The seed reports its sent bytes once a second.
        DateTimeOffset killed = DateTimeOffset.UtcNow;
        while (_seed.GetStatus(_metainfo.TorrentId)!.Timestamp <= killed)
            await Task.Delay(20).ConfigureAwait(false);
        CrashRound round = Look(age, isComplete);
        _rounds.Add(round);
        if (isComplete)
            EndLife();
        return round;
    }

    /// <summary>Completes the current download.</summary>
    public async Task FinishAsync()
    {
        IPEndPoint peer = await SeedAsync().ConfigureAwait(false);
        if (!(await DownloadAsync(peer, TimeSpan.FromMinutes(5)).ConfigureAwait(false)).IsComplete)
            throw new CrashTestException("The last download did not become complete in five minutes.");
        EndLife();
    }

    /// <summary>Continues the download, and kills the process.</summary>
    private async Task<(bool IsComplete, TimeSpan Age)> DownloadAsync(IPEndPoint peer, TimeSpan killAfter)
    {
        string destination = Path.Combine(Life, "download");
        if (!_isService)
        {
            using var patron = new PatronProcess(_torrent, destination, State, peer);
            return (await patron.KillAsync(killAfter).ConfigureAwait(false), patron.Age);
        }

        Directory.CreateDirectory(destination);
        using var service = new ServiceProcess(Path.Combine(_folder, "run", "s"), State);
        var download = new StartRequest { Metainfo = _metainfo, Destination = destination, Peers = [peer] };
        bool isComplete = await service
            .RunAsync(killAfter, download, [.. _rests.Select(rest => rest with { Destination = destination })], _promises).ConfigureAwait(false);
        return (isComplete, service.Age);
    }

    /// <summary>The result of all rounds.</summary>
    public string Summary()
    {
        CrashRound[] killed = [.. _rounds.Where(round => !round.IsComplete)];
        long again = killed.Sum(round => round.Again);
        return string.Create(CultureInfo.InvariantCulture,
            $"""
            {killed.Length} kills, {_completed} downloads of {_metainfo.TotalSize >> 20} MiB became complete and are the same to the last byte.
            Pieces that counted, or blocks of unfinished pieces that were kept, and were not good: 0. State that was set aside: 0.
            Good on disk but lost: {killed.Sum(round => round.Lost)} pieces in all, {killed.Max(round => round.Lost)} at most in one round.
            Received for nothing: {again / 1048576.0:N1} MiB in all, {again / 1048576.0 / killed.Length:N2} MiB a kill, {killed.Max(round => round.Again) / 1048576.0:N2} MiB at most; the line gave {_rate >> 20} MiB/s.
            Kept of unfinished pieces: {killed.Average(round => round.Unfinished) / 1048576.0:N2} MiB a kill, {killed.Max(round => round.Unfinished) / 1048576.0:N2} MiB at most; a piece has {_pieceLength / 1048576.0:N2} MiB.
            Waits of clients that a kill has ended, each with its reason: {_waitsEnded + _promises.WaitsEnded}.
            To be hashed again: {killed.Average(round => round.Doubtful):N1} pieces a kill, {killed.Max(round => round.Doubtful)} at most, of {_metainfo.PieceCount}.
            """);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<IPEndPoint> SeedAsync()
    {
        if (_service.GetClientStatus() is null)
        {
            TorrentAnswer answer = await _seed.StartAsync(new StartRequest { Metainfo = _metainfo, Destination = SeedFolder }).ConfigureAwait(false);
            if (answer is not NewTorrentCreated)
                throw new CrashTestException($"The seed does not start: {answer}");
            while (_seed.GetStatus(_metainfo.TorrentId) is not { State: TorrentState.Seeding })
                await Task.Delay(20).ConfigureAwait(false);
        }

        return _service.GetClientStatus()!.ListenEndPoints[0];
    }

    private CrashRound Look(TimeSpan age, bool isComplete)
    {
        (Bitfield counted, Bitfield doubtful, IReadOnlyList<UnfinishedPiece> unfinished) = ReadState();
        bool[] good = HashFile();
        int lost = 0;
        long bytes = 0;
        for (int piece = 0; piece < _metainfo.PieceCount; piece++)
        {
            bool isSure = counted[piece] && !doubtful[piece];
            if (isSure && !good[piece])
                throw new CrashTestException($"Piece {piece} counts and is not good on disk (round {_rounds.Count + 1}).");
            if (good[piece] && counted[piece])
                bytes += _metainfo.PieceSize(piece);
            else if (good[piece])
                lost++;
        }

        long kept = CompareBlocks([.. unfinished.Where(piece => !counted[piece.Piece])]);
        bytes += kept;
        if (isComplete && counted.Count != _metainfo.PieceCount)
            throw new CrashTestException($"A download that is complete counts {counted.Count} pieces only.");
        long sent = _seed.GetStatus(_metainfo.TorrentId)!.BytesSent;
        long again = Math.Max(0, sent - _sentBefore - (bytes - _counted));
        (_sentBefore, _counted) = (sent, bytes);
        // Some seconds' worth, more with slow pieces, plus the data in flight to the killed process.
        if (again > ((_pieceLength > _rate ? 8 : 3) * _rate) + (16 << 20))
            throw new CrashTestException($"{again} bytes came for nothing (round {_rounds.Count + 1}).");
        return new CrashRound(age, isComplete, counted.Count - doubtful.Count, doubtful.Count, lost, _metainfo.PieceCount, kept, again);
    }

    private (Bitfield Counted, Bitfield Doubtful, IReadOnlyList<UnfinishedPiece> Unfinished) ReadState()
    {
        var none = new Bitfield(_metainfo.PieceCount);
        if (!Directory.Exists(State))
            return (none, none, []);
        using ResumeStore store = new StateFolder(State).Open(_metainfo);
        ResumeData? data = store.Load(out TorrentError? warning);
        if (warning is not null)
            throw new CrashTestException($"The state was set aside: {warning}");
        return data is null ? (none, none, []) : (data.Verified, data.Doubtful ?? none, data.Unfinished);
    }

    /// <summary>Checks that every noted block is on disk and good: writes survive the process.</summary>
    /// <returns>Number of bytes in blocks of pieces that do not count.</returns>
    private long CompareBlocks(IReadOnlyList<UnfinishedPiece> unfinished)
    {
        if (unfinished.Count == 0)
            return 0;
        using FileStream content = File.OpenRead(Content), original = File.OpenRead(Path.Combine(SeedFolder, Name));
        byte[] here = new byte[BlockRequest.BlockLength], there = new byte[BlockRequest.BlockLength];
        long kept = 0;
        foreach (UnfinishedPiece piece in unfinished)
        {
            foreach (int block in piece.Blocks.Ones)
            {
                content.Position = original.Position = ((long)piece.Piece * _pieceLength) + ((long)block * BlockRequest.BlockLength);
                int length = content.ReadAtLeast(here, here.Length, throwOnEndOfStream: false);
                original.ReadAtLeast(there, there.Length, throwOnEndOfStream: false);
                if (!here.AsSpan().SequenceEqual(there))
                    throw new CrashTestException($"Block {block} of the unfinished piece {piece.Piece} is kept and is not good (round {_rounds.Count + 1}).");
                kept += length;
            }
        }

        return kept;
    }

    private bool[] HashFile()
    {
        var good = new bool[_metainfo.PieceCount];
        if (!File.Exists(Content))
            return good;
        using FileStream file = File.OpenRead(Content);
        byte[] buffer = new byte[_pieceLength];
        for (int piece = 0; piece < good.Length; piece++)
        {
            int read = file.ReadAtLeast(buffer, _metainfo.PieceSize(piece), throwOnEndOfStream: false);
            good[piece] = SHA1.HashData(buffer.AsSpan(0, read)).AsSpan().SequenceEqual(_metainfo.PieceHash(piece));
        }

        return good;
    }

    private void EndLife()
    {
        if (!HashFile().All(good => good) || new FileInfo(Content).Length != _metainfo.TotalSize)
            throw new CrashTestException("A download that is complete is not what was shared.");
        Directory.Delete(Life, recursive: true);
        _waitsEnded += _promises.WaitsEnded;
        _promises = new ServicePromises();
        _completed++;
        _life++;
        _counted = 0;
        _sentBefore = _seed.GetStatus(_metainfo.TorrentId)!.BytesSent;
    }

    private static TorrentMetainfo MakeRest(int number) => MetainfoReader.Read(new TorrentBuilder
    {
        Name = $"rest-{number}",
        Files = [new TorrentBuilderFile(null, 1000)],
        PieceLength = 16384,
        PieceHashes = new byte[SHA1.HashSizeInBytes],
    }.Build());

    private TorrentMetainfo MakeTorrent(long size)
    {
        byte[] hashes = new byte[(size + _pieceLength - 1) / _pieceLength * SHA1.HashSizeInBytes];
        byte[] piece = new byte[_pieceLength];
        using FileStream file = File.Create(Path.Combine(SeedFolder, Name));
        for (int i = 0; i < hashes.Length / SHA1.HashSizeInBytes; i++)
        {
            _random.NextBytes(piece);
            file.Write(piece);
            SHA1.HashData(piece, hashes.AsSpan(i * SHA1.HashSizeInBytes));
        }

        return MetainfoReader.Read(new TorrentBuilder
        {
            Name = Name,
            Files = [new TorrentBuilderFile(null, size)],
            PieceLength = _pieceLength,
            PieceHashes = hashes,
        }.Build());
    }
}
