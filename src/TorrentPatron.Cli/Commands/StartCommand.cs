using System.Collections.Concurrent;
using System.CommandLine;
using System.Net;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron start</c>: downloads torrents, itself or with a service.</summary>
internal sealed class StartCommand : Command
{
    /// <summary>Maximum number of torrents that are being started at a time.</summary>
    private const int MostStarting = 64;

    private readonly CommandContext _context;
    private readonly ServiceOptions _service = new();
    private readonly ServiceClientOptions _shared = new();

    /// <summary>The options of the engine, which a service has itself.</summary>
    private readonly Option[] _engineOptions;

    /// <summary>The info hashes of the started torrents, and whether they were new.</summary>
    private readonly ConcurrentDictionary<string, bool> _started = new(StringComparer.Ordinal);

    private readonly Argument<string[]> _sources = new("torrent")
    {
        Description = "A .torrent file, its http or https address, or a magnet link.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _links = new("--links")
    {
        Description = "A text file with one torrent per line: magnet links, addresses, paths. May be repeated.",
        HelpName = "file",
    };

    private readonly Option<string> _destination = new("--destination", "-d")
    {
        Description = "The folder to download into; created if it is missing.",
        HelpName = "folder",
        DefaultValueFactory = _ => ".",
    };

    private readonly Option<string[]> _include = new("--include")
    {
        Description = "A wanted file, by its name, its path in the torrent, or a pattern with *, ? and [a-z]; by default all files. May be repeated.",
        HelpName = "name",
    };

    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "An unwanted file; overrides --include. May be repeated.",
        HelpName = "name",
    };

    private readonly Option<PeerAddress[]> _peers = new("--peer")
    {
        Description = "A peer to connect to in addition to those from trackers. May be repeated.",
        HelpName = "host:port",
        CustomParser = OptionReader.Peers,
    };

    private readonly Option<Uri[]> _trackers = new("--tracker")
    {
        Description = "A tracker in addition to the torrent's own. May be repeated.",
        HelpName = "address",
        CustomParser = OptionReader.Trackers,
    };

    private readonly Option<Uri[]> _webSeeds = new("--web-seed")
    {
        Description = "A web server with the torrent's files in addition to the torrent's own: http or https. May be repeated.",
        HelpName = "address",
        CustomParser = OptionReader.WebSeeds,
    };

    private readonly Option<string[]> _reuse = new("--reuse")
    {
        Description = "A local folder or file to search for data before downloading it; it is only read. May be repeated.",
        HelpName = "path",
    };

    private readonly Option<bool> _hardLink = new("--reuse-by-hard-link")
    {
        Description = "Make a hard link to a complete file from --reuse or another torrent instead of copying it: changing one file changes both.",
    };

    private readonly Option<string[]> _tags = new("--tag")
    {
        Description = "A tag that replaces the torrents' current tags; a single \"\" removes them all. May be repeated.",
        HelpName = "name",
        CustomParser = OptionReader.Tags,
    };

    private readonly Option<TimeSpan?> _timeout = new("--timeout")
    {
        Description = "Give up after this time, such as 90s, 10m or 2h; the downloaded data is kept.",
        HelpName = "time",
        CustomParser = OptionReader.Time,
    };

    private readonly Option<bool> _wait = new("--wait")
    {
        Description = "With --service: wait until all torrents are complete, and show the progress. Ctrl-C ends the wait; the service continues.",
    };

    private readonly Option<bool> _seed = new("--seed") { Description = "Keep seeding after the download, until Ctrl-C. A service always does, until it is told to stop." };
    private readonly Option<bool> _recheck = new("--recheck") { Description = "Hash all data on disk first." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print only errors." };
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Instead of progress, print one JSON object per line at the end, for each torrent in the given order.",
    };

    public StartCommand(CommandContext context)
        : base(
            "start",
            "Downloads torrents. The same command continues an interrupted download. Ctrl-C saves the state and stops (exit code 130), as do SIGTERM (143) and SIGHUP (129). "
            + "With --service a service downloads them, and the command returns at once.")
    {
        _context = context;
        Arguments.Add(_sources);
        Options.Add(_links);
        Validators.Add(parsed =>
        {
            if (parsed.GetValue(_sources) is null or [] && parsed.GetValue(_links) is null or [])
                parsed.AddError("Give a torrent, or a file of links with --links.");
        });
        Options.Add(_destination);
        Options.Add(_include);
        Options.Add(_exclude);
        Options.Add(_peers);
        Options.Add(_trackers);
        Options.Add(_webSeeds);
        Options.Add(_reuse);
        Options.Add(_hardLink);
        Options.Add(_tags);
        Options.Add(_timeout);
        Options.Add(_seed);
        Options.Add(_recheck);
        Option[] others = [.. Options];
        _service.AddTo(this);
        _engineOptions = [.. Options.Except(others)];
        _shared.AddTo(this);
        Options.Add(_wait);
        Options.Add(_quiet);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        var sources = new List<string>(parsed.GetValue(_sources) ?? []);
        foreach (string links in parsed.GetValue(_links) ?? [])
            sources.AddRange(await LinkFile.ReadAsync(links, ctrlC).ConfigureAwait(false));
        bool isSilent = parsed.GetValue(_quiet) || parsed.GetValue(_json);

        bool isShared = _shared.IsAsked(_context, parsed);
        if (isShared)
            RequireServiceOptions(parsed);
        ITorrentService service = isShared
            ? await _shared.ConnectAsync(parsed, ctrlC).ConfigureAwait(false)
            : _service.MakeService(_context, parsed);
        await using var stopped = service.ConfigureAwait(false);
        StartRequest request = await MakeRequestAsync(parsed, service.Network, ctrlC).ConfigureAwait(false);
        Patron patron = service.CreatePatron("start");
        bool waits = !isShared || parsed.GetValue(_wait);
        Task<TorrentReport[]> downloads =
            DownloadAsync(patron, sources, request, waits, parsed.GetValue(_timeout), isSilent, ctrlC);
        Task work = parsed.GetValue(_seed) && !isShared ? SeedAsync(downloads, ctrlC) : downloads;

        // A service may also run torrents of others.
        IStatusDisplay display = StatusDisplays.Choose(_context, isSilent || !waits, status => !isShared || _started.ContainsKey(status.InfoHash));
        await display.ShowAsync(patron, work).ConfigureAwait(false);
        TorrentReport[] reports = await downloads.ConfigureAwait(false);
        string? stop = !ctrlC.IsCancellationRequested ? null
            : isShared ? "The service continues with the started torrents." : "Stopped. Run the same command again to continue.";
        Print(reports, parsed.GetValue(_json), isSilent, waits, stop);
        return ExitCodeOf(reports, waits, ctrlC.IsCancellationRequested);
    }

    /// <summary>Refuses engine options, which a client cannot give to a running service.</summary>
    /// <exception cref="TorrentException">An engine option was given.</exception>
    private void RequireServiceOptions(ParseResult parsed)
    {
        if (_engineOptions.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidArgument, $"{given.Name} is an option of the service, which is already running.",
                $"Give {given.Name} to 'patron service', or download without the service (--service false)."));
        }

        if (parsed.GetValue(_timeout) is not null && !parsed.GetValue(_wait))
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidArgument, "--timeout limits a wait, but with a service the command does not wait.", "Add --wait, or omit --timeout."));
        }
    }

    private async Task<StartRequest> MakeRequestAsync(ParseResult parsed, INetwork network, CancellationToken cancellationToken)
    {
        var peers = new List<IPEndPoint>();
        foreach (PeerAddress peer in parsed.GetValue(_peers) ?? [])
            peers.AddRange(await peer.ResolveAsync(network, cancellationToken).ConfigureAwait(false));
        string[] include = parsed.GetValue(_include) ?? [];
        string[] exclude = parsed.GetValue(_exclude) ?? [];
        string destination = Path.GetFullPath(parsed.GetRequiredValue(_destination));
        bool isDestinationGiven = parsed.GetResult(_destination) is { Implicit: false };
        return new StartRequest
        {
            Destination = isDestinationGiven ? destination : null,
            CurrentFolder = destination,
            Selection = include.Length + exclude.Length == 0 ? null : new FileSelection { Include = include, Exclude = exclude },
            Peers = peers,
            Trackers = parsed.GetValue(_trackers) ?? [],
            WebSeeds = parsed.GetValue(_webSeeds) ?? [],
            Recheck = parsed.GetValue(_recheck),
            Reuse = ReuseOf(parsed),
            Options = new TorrentOptions { SeedOnly = false, SuperSeeding = false, Tags = parsed.GetResult(_tags) is null ? null : [.. parsed.GetValue(_tags) ?? []] },
        };
    }

    /// <exception cref="TorrentException">A path does not exist.</exception>
    private DataReuse? ReuseOf(ParseResult parsed)
    {
        string[] folders = [.. (parsed.GetValue(_reuse) ?? []).Select(Path.GetFullPath)];
        if (Array.Find(folders, folder => !Path.Exists(folder)) is { } missing)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidArgument, $"--reuse: '{DisplayText.Clean(missing)}' does not exist.", "Give an existing folder or file, or omit the option."));
        }

        ReuseMethod by = parsed.GetValue(_hardLink) ? ReuseMethod.HardLink : ReuseMethod.Copy;
        return folders.Length == 0 && by == ReuseMethod.Copy ? null : new DataReuse(folders, by);
    }

    private async Task<TorrentReport[]> DownloadAsync(
        Patron patron, List<string> sources, StartRequest request, bool waits, TimeSpan? timeout, bool isSilent, CancellationToken ctrlC)
    {
        using var time = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, _context.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ctrlC, time.Token);
        // Without a limit, a hundred thousand torrents would all begin, and hold memory, before the first has started.
        using var starting = new SemaphoreSlim(MostStarting);
        TorrentSource[] parsed = [.. sources.Select(TorrentSource.Parse)];
        var downloads = new List<Task<TorrentReport>>(sources.Count);
        for (int i = 0; i < parsed.Length; i++)
        {
            // The end of the wait also ends the downloads, which report the reason.
            await starting.WaitAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            downloads.Add(DownloadAsync(
                patron, sources[i], request with { Source = parsed[i] }, waits, isSilent, starting,
                () => ctrlC.IsCancellationRequested || timeout is null ? null : TimeoutReached(timeout.Value), end.Token));
        }

        return await Task.WhenAll(downloads).ConfigureAwait(false);
    }

    /// <summary>Starts one torrent and optionally waits until it is complete.</summary>
    /// <param name="patron">The patron that starts it.</param>
    /// <param name="source">The text on the command line.</param>
    /// <param name="request">The torrent and its options.</param>
    /// <param name="waits">Whether to wait.</param>
    /// <param name="isSilent">Whether warnings appear only in the report.</param>
    /// <param name="starting">Released when the torrent has started or has failed to start.</param>
    /// <param name="whyEnded">The error to report if the wait was ended; null means none.</param>
    /// <param name="end">Ends the wait.</param>
    private async Task<TorrentReport> DownloadAsync(
        Patron patron, string source, StartRequest request, bool waits, bool isSilent, SemaphoreSlim starting, Func<TorrentError?> whyEnded,
        CancellationToken end)
    {
        TorrentAnswer? answer = null;
        IReadOnlyList<TorrentError> warnings = [];
        try
        {
            try
            {
                answer = await patron.StartAsync(request, end).ConfigureAwait(false);
            }
            finally
            {
                starting.Release();
            }

            if (answer is TorrentStartFail fail)
                return TorrentReport.Of(source, null, fail.Error);
            warnings = (answer as NewTorrentCreated)?.Warnings ?? (answer as TorrentAlreadyDownloading)?.Warnings ?? warnings;
            if (answer.Reservation is { } reservation)
                _context.Terminal.Warn(reservation);
            foreach (TorrentError warning in warnings.Where(_ => !isSilent))
                _context.Terminal.Warn(warning);
            _started.TryAdd(answer.TorrentId.ToString(), answer is NewTorrentCreated);
            if (!waits)
                return TorrentReport.Of(source, patron.GetStatus(answer.TorrentId), null, warnings);
            TorrentStatus? status = await patron
                .WaitAsync(answer.TorrentId, now => now is { IsComplete: true, State: TorrentState.Seeding or TorrentState.Queued }, end)
                .ConfigureAwait(false);
            return TorrentReport.Of(source, status, null, warnings);
        }
        catch (TorrentException gone)
        {
            return TorrentReport.Of(source, null, gone.Error, warnings);
        }
        catch (OperationCanceledException)
        {
            TorrentStatus? status = answer is null ? null : patron.GetStatus(answer.TorrentId);
            return TorrentReport.Of(source, status, whyEnded() is { } why && status is not null ? Explain(why, status) : whyEnded(), warnings);
        }
    }

    private static async Task SeedAsync(Task<TorrentReport[]> downloads, CancellationToken ctrlC)
    {
        TorrentReport[] reports = await downloads.ConfigureAwait(false);
        if (!Array.Exists(reports, report => report.IsComplete))
            return;
        // Little happens for a long time from here on.
        ProcessMemory.Instance.Compact();
        await Task.Delay(Timeout.Infinite, ctrlC).ConfigureAwait(false);
    }

    private void Print(TorrentReport[] reports, bool isJson, bool isSilent, bool waits, string? stop)
    {
        foreach (TorrentReport report in reports)
        {
            if (isJson)
                _context.Terminal.Out.WriteLine(JsonLine.Of(report));
            if (report.Error is { } error)
                _context.Terminal.Fail(error);
            else if (!waits && report is { InfoHash: { } hash, State: { } state } && !isSilent)
                _context.Terminal.Line($"{(_started.GetValueOrDefault(hash) ? "Started" : "Already running")}: {report.Name}, {state} ({hash})");
            else if (report.IsComplete && !isSilent)
                _context.Terminal.Line($"Complete: {report.Path} ({ByteSize.Format(report.TotalSize ?? 0)})");
        }

        if (stop is not null && !isSilent && !Array.TrueForAll(reports, report => report.IsComplete))
            _context.Terminal.Line(stop);
    }

    private static int ExitCodeOf(TorrentReport[] reports, bool waits, bool isInterrupted) =>
        Array.Exists(reports, report => report.Error is not null) ? ExitCode.Failed
        : Array.TrueForAll(reports, report => report.IsComplete) || (!waits && !isInterrupted) ? ExitCode.Done
        : ExitCode.Interrupted;

    private static TorrentError Explain(TorrentError why, TorrentStatus status) => status.Metadata is { } metadata
        ? new TorrentError(
            TorrentErrorId.MetadataTimeout, $"{why.Message} Its metadata has not arrived. {metadata.Missing}{StallCauses.Describe(status)}", why.Remedy)
        : why with { Message = why.Message + StallCauses.Describe(status) };

    private static TorrentError TimeoutReached(TimeSpan timeout) => new(
        TorrentErrorId.TimeoutReached,
        $"The download did not complete within {Duration.Format(timeout)}.",
        "The downloaded data is kept: run the same command again to continue.");
}
