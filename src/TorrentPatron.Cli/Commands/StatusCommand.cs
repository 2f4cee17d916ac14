using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron status</c>: what is saved.</summary>
internal sealed class StatusCommand : Command
{
    private readonly CommandContext _context;
    private readonly Option<string?> _state = ServiceOptions.StateOption();
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object a line, for each torrent." };

    public StatusCommand(CommandContext context)
        : base(
            "status",
            "Lists the torrents in the state folder, with their progress when it was last saved. That is all that another "
            + "process can know: rates and peers are shown where the torrent runs.")
    {
        _context = context;
        Options.Add(_state);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
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
