using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron status</c>: shows saved torrents, or the statuses of a service's torrents.</summary>
internal sealed class StatusCommand : Command
{
    private readonly CommandContext _context;
    private readonly Option<string?> _state = ServiceOptions.StateOption();
    private readonly ServiceClientOptions _shared = new();
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line for each torrent." };

    private readonly Argument<string[]> _torrents = new("torrent")
    {
        Description = "With --service: " + ServiceTorrents.Help + " By default all torrents.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public StatusCommand(CommandContext context)
        : base(
            "status",
            "Lists the torrents in the state folder, with their last saved progress. With --service: shows the full status "
            + "of a service's torrents ('patron list' has one line for each).")
    {
        _context = context;
        Arguments.Add(_torrents);
        Options.Add(_state);
        _shared.AddTo(this);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        string[] torrents = parsed.GetValue(_torrents) ?? [];
        if (_shared.IsAsked(_context, parsed))
            return await ShowRunningAsync(parsed, torrents, ctrlC).ConfigureAwait(false);
        if (torrents.Length > 0)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidArgument, "Torrents can be named only with --service; without it all saved torrents are listed.",
                "Add --service, or omit the names."));
        }

        var reports = new List<SavedReport>();
        var folder = new StateFolder(parsed.GetValue(_state) ?? StateFolder.DefaultPath, _context.Time);
        foreach (SavedTorrent saved in folder.Enumerate())
            reports.Add(await ReadAsync(saved, ctrlC).ConfigureAwait(false));

        if (parsed.GetValue(_json))
            reports.ForEach(report => _context.Terminal.Out.WriteLine(JsonLine.Of(report)));
        else if (reports.Count == 0)
            _context.Terminal.Line($"No torrents in {folder.FolderPath}.");
        else
            Print(reports);
        return ExitCode.Done;
    }

    private async Task<int> ShowRunningAsync(ParseResult parsed, string[] torrents, CancellationToken ctrlC)
    {
        if (parsed.GetResult(_state) is { Implicit: false })
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidArgument, "--state and --service contradict each other: a service has its own state folder.",
                "Omit one of them (--service false overrides the environment variable)."));
        }

        ITorrentService service = await _shared.ConnectAsync(parsed, ctrlC).ConfigureAwait(false);
        await using var stopped = service.ConfigureAwait(false);
        (IReadOnlyList<TorrentStatus> found, int exitCode) = ServiceTorrents.Find(torrents, service.CreatePatron("status").Statuses, _context.Terminal);
        foreach (TorrentStatus status in found)
        {
            if (parsed.GetValue(_json))
                _context.Terminal.Out.WriteLine(JsonLine.Of(StatusReport.Of(status)));
            else
                StatusText.Details(status).ForEach(_context.Terminal.Line);
        }

        if (found.Count == 0 && torrents.Length == 0 && !parsed.GetValue(_json))
            _context.Terminal.Line("The service is running no torrents.");
        return exitCode;
    }

    private async Task<SavedReport> ReadAsync(SavedTorrent saved, CancellationToken cancellationToken)
    {
        TorrentMetainfo? metainfo = null;
        try
        {
            if (saved.Magnet is null)
                metainfo = await new SourceReader(_context.Time)
                    .ReadAsync(StartRequest.Of(saved).Source!, cancellationToken).ConfigureAwait(false);
        }
        catch (TorrentException fault)
        {
            _context.Terminal.Warn(fault.Error);
        }

        ResumeData? resume = saved.Resume;
        return new SavedReport(
            metainfo?.Name ?? saved.Magnet?.Name, saved.TorrentId.ToString(), resume?.Destination, metainfo?.ContentSize,
            resume?.Verified.Count, metainfo?.PieceCount, resume?.AddedAt, resume?.CompletedAt,
            resume is null ? null : resume.Options.Tags ?? []);
    }

    private void Print(List<SavedReport> reports)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Name", "Progress", "Size", "Added", "Destination", "Info hash");
        foreach (SavedReport report in reports)
        {
            table.AddRow(
                Cell(report.Name),
                Cell(report.PercentComplete is { } percent ? StatusText.Percent(percent) : null),
                Cell(report.TotalSize is { } size ? ByteSize.Format(size) : null),
                Cell(report.AddedAt?.ToString("u", CultureInfo.InvariantCulture)),
                Cell(report.Destination),
                Cell(report.InfoHash));
        }

        _context.Terminal.Console.Write(table);
    }

    private static Text Cell(string? text) => new(text is null ? "?" : DisplayText.Clean(text));
}
