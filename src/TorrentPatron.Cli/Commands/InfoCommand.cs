using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Trackers;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron info</c>: shows the contents of a .torrent file.</summary>
internal sealed class InfoCommand : Command
{
    private readonly CommandContext _context;
    private readonly Argument<string> _source = new("torrent") { Description = "A .torrent file, or its http or https address." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object on one line." };

    public InfoCommand(CommandContext context)
        : base("info", "Shows the contents of a .torrent file without starting it.")
    {
        _context = context;
        Arguments.Add(_source);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        InfoReport report = InfoReport.Of(await new SourceReader(_context.Time)
            .ReadAsync(TorrentSource.Parse(parsed.GetRequiredValue(_source)), ctrlC).ConfigureAwait(false));
        if (parsed.GetValue(_json))
            _context.Terminal.Out.WriteLine(JsonLine.Of(report));
        else
            Print(report);
        return ExitCode.Done;
    }

    private void Print(InfoReport report)
    {
        var facts = new Table { Border = TableBorder.None, ShowHeaders = false };
        facts.AddColumns("what", "value");
        Add(facts, "Name", report.Name);
        Add(facts, "Info hash", report.InfoHash);
        Add(facts, "Info hash v2", report.InfoHashV2);
        Add(facts, "Version", report.Version.ToString());
        Add(facts, "Size", $"{ByteSize.Format(report.TotalSize)} ({report.TotalSize} bytes)");
        Add(facts, "Pieces", $"{report.PieceCount} of {ByteSize.Format(report.PieceLength)}");
        Add(facts, "Private", report.IsPrivate ? "yes" : "no");
        Add(facts, "Comment", report.Comment);
        Add(facts, "Created by", report.CreatedBy);
        Add(facts, "Created", report.CreationDate?.ToString("u", CultureInfo.InvariantCulture));
        Add(facts, "Source", report.Source);
        foreach (string tracker in report.Trackers.SelectMany(tier => tier))
            Add(facts, "Tracker", MaskedAddress.OfTracker(tracker));
        foreach (string seed in report.WebSeeds)
            Add(facts, "Web seed", seed);
        foreach (string similar in report.Similar)
            Add(facts, "Similar", similar);
        Add(facts, "Collections", string.Join(", ", report.Collections));
        Add(facts, "Updates", report.UpdateUrl?.OriginalString);
        Add(facts, "Files", report.Files.Count.ToString(CultureInfo.InvariantCulture));
        _context.Terminal.Console.Write(facts);

        // There may be a hundred thousand of them, so lines, not a table.
        foreach (InfoReport.FileReport file in report.Files)
            _context.Terminal.Line($"{ByteSize.Format(file.Length),12}  {file.Path}");
    }

    private static void Add(Table facts, string what, string? value)
    {
        if (!string.IsNullOrEmpty(value))
            facts.AddRow(new Text(what), new Text(DisplayText.Clean(value)));
    }
}
