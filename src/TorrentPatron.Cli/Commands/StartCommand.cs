using System.CommandLine;
using System.Net;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron start</c>: downloads torrents.</summary>
internal sealed class StartCommand : Command
{
    private readonly CommandContext _context;
    private readonly ServiceOptions _service = new();

    private readonly Argument<string[]> _sources = new("torrent")
    {
        Description = "A .torrent file, its http or https address, or a magnet link.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string[]> _links = new("--links")
    {
        Description = "A text file of torrents, one a line: magnet links, addresses, paths. May be given again.",
        HelpName = "file",
    };

    private readonly Option<string> _destination = new("--destination", "-d")
    {
        Description = "The folder to download into; made where it is missing.",
        HelpName = "folder",
        DefaultValueFactory = _ => ".",
    };

    private readonly Option<string[]> _include = new("--include")
    {
        Description = "A file that is wanted, by its name, its path in the torrent, or a pattern with *, ? and [a-z]; by default all. May be given again.",
        HelpName = "name",
    };

    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "A file that is not wanted, whatever --include says. May be given again.",
        HelpName = "name",
    };

    private readonly Option<PeerAddress[]> _peers = new("--peer")
    {
        Description = "A peer to ask, besides those that trackers know. May be given again.",
        HelpName = "host:port",
        CustomParser = OptionReader.Peers,
    };

    private readonly Option<Uri[]> _trackers = new("--tracker")
    {
        Description = "A tracker to ask, besides the torrent's own. May be given again.",
        HelpName = "address",
        CustomParser = OptionReader.Trackers,
    };

    private readonly Option<string[]> _tags = new("--tag")
    {
        Description = "What to call the torrents by, in place of the tags that they have; \"\" alone takes them away. May be given again.",
        HelpName = "name",
        CustomParser = OptionReader.Tags,
    };

    private readonly Option<TimeSpan?> _timeout = new("--timeout")
    {
        Description = "Give up after that time, such as 90s, 10m or 2h; what is there is kept.",
        HelpName = "time",
        CustomParser = OptionReader.Time,
    };

    private readonly Option<bool> _seed = new("--seed") { Description = "Keep seeding when all is there, until Ctrl-C." };
    private readonly Option<bool> _recheck = new("--recheck") { Description = "Hash everything that is on disk first." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print nothing but errors." };
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print, in place of progress, one JSON object a line at the end, for each torrent in the order given.",
    };

    public StartCommand(CommandContext context)
        : base(
            "start",
            "Downloads torrents. Run again, it goes on where it was. Ctrl-C saves the state and stops (exit code 130), and so do SIGTERM (143) and SIGHUP (129).")
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
        Options.Add(_tags);
        Options.Add(_timeout);
        Options.Add(_seed);
        Options.Add(_recheck);
        _service.AddTo(this);
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

        TorrentService service = _service.MakeService(_context, parsed);
        await using var stopped = service.ConfigureAwait(false);
        StartRequest request = await MakeRequestAsync(parsed, service.Network, ctrlC).ConfigureAwait(false);
        Patron patron = service.CreatePatron("start");
        Task<TorrentReport[]> downloads =
            DownloadAsync(patron, sources, request, parsed.GetValue(_timeout), isSilent, ctrlC);
        Task work = parsed.GetValue(_seed) ? SeedAsync(downloads, ctrlC) : downloads;

        await StatusDisplays.Choose(_context, isSilent).ShowAsync(patron, work).ConfigureAwait(false);
        TorrentReport[] reports = await downloads.ConfigureAwait(false);
        Print(reports, parsed.GetValue(_json), isSilent, ctrlC.IsCancellationRequested);
        return ExitCodeOf(reports);
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
            Recheck = parsed.GetValue(_recheck),
            Options = new TorrentOptions { SeedOnly = false, SuperSeeding = false, Tags = parsed.GetResult(_tags) is null ? null : [.. parsed.GetValue(_tags) ?? []] },
        };
    }

    private async Task<TorrentReport[]> DownloadAsync(
        Patron patron, IReadOnlyList<string> sources, StartRequest request, TimeSpan? timeout, bool isSilent, CancellationToken ctrlC)
    {
        using var time = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, _context.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ctrlC, time.Token);
        return await Task.WhenAll(sources.Select(source => DownloadAsync(
            patron, source, request with { Source = TorrentSource.Parse(source) },
            isSilent, () => ctrlC.IsCancellationRequested || timeout is null ? null : TimeoutReached(timeout.Value), end.Token)))
            .ConfigureAwait(false);
    }

    /// <summary>Starts one torrent and waits until it is complete.</summary>
    /// <param name="patron">Who starts it.</param>
    /// <param name="source">What was given on the command line.</param>
    /// <param name="request">How to start it.</param>
    /// <param name="isSilent">Whether warnings are left to the report.</param>
    /// <param name="whyEnded">What to report where the wait was ended; null: nothing.</param>
    /// <param name="end">Ends the wait.</param>
    private async Task<TorrentReport> DownloadAsync(
        Patron patron, string source, StartRequest request, bool isSilent, Func<TorrentError?> whyEnded, CancellationToken end)
    {
        TorrentAnswer? answer = null;
        IReadOnlyList<TorrentError> warnings = [];
        try
        {
            answer = await patron.StartAsync(request, end).ConfigureAwait(false);
            if (answer is TorrentStartFail fail)
                return TorrentReport.Of(source, null, fail.Error);
            warnings = (answer as NewTorrentCreated)?.Warnings ?? (answer as TorrentAlreadyDownloading)?.Warnings ?? warnings;
            if (answer.Reservation is { } reservation)
                _context.Terminal.Warn(reservation);
            foreach (TorrentError warning in warnings.Where(_ => !isSilent))
                _context.Terminal.Warn(warning);
            TorrentStatus? status = await patron
                .WaitAsync(answer.TorrentId, now => now is { IsComplete: true, State: TorrentState.Seeding }, end)
                .ConfigureAwait(false);
            return TorrentReport.Of(source, status, null, warnings);
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
        // From here on little happens for long, and nothing would ever take away what the start of many torrents has left behind.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        await Task.Delay(Timeout.Infinite, ctrlC).ConfigureAwait(false);
    }

    private void Print(TorrentReport[] reports, bool isJson, bool isSilent, bool isInterrupted)
    {
        foreach (TorrentReport report in reports)
        {
            if (isJson)
                _context.Terminal.Out.WriteLine(JsonLine.Of(report));
            if (report.Error is { } error)
                _context.Terminal.Fail(error);
            else if (report.IsComplete && !isSilent)
                _context.Terminal.Line($"Complete: {report.Path} ({ByteSize.Format(report.TotalSize ?? 0)})");
        }

        if (isInterrupted && !isSilent && !Array.TrueForAll(reports, report => report.IsComplete))
            _context.Terminal.Line("Stopped. The same command goes on where it was.");
    }

    private static int ExitCodeOf(TorrentReport[] reports) =>
        Array.Exists(reports, report => report.Error is not null) ? ExitCode.Failed
        : Array.TrueForAll(reports, report => report.IsComplete) ? ExitCode.Done
        : ExitCode.Interrupted;

    private static TorrentError Explain(TorrentError why, TorrentStatus status) => status.Metadata is { } metadata
        ? new TorrentError(
            TorrentErrorId.MetadataTimeout, $"{why.Message} Its metadata is not here. {metadata.Missing}{StallCauses.Describe(status)}", why.Remedy)
        : why with { Message = why.Message + StallCauses.Describe(status) };

    private static TorrentError TimeoutReached(TimeSpan timeout) => new(
        TorrentErrorId.TimeoutReached,
        $"The download was not complete after {Duration.Format(timeout)}.",
        "What is there is kept: the same command goes on where it was.");
}
