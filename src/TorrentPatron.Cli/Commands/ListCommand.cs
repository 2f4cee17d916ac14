using System.CommandLine;
using Spectre.Console;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron list</c>: lists the torrents of a service, one per line.</summary>
internal sealed class ListCommand : Command
{
    /// <summary>Digits of the info hash in the table: enough to name a torrent.</summary>
    private const int HashDigits = 8;

    private readonly CommandContext _context;
    private readonly ServiceClientOptions _service = new();

    private readonly Argument<string[]> _torrents = new("torrent")
    {
        Description = ServiceTorrents.Help + " By default all torrents.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line for each torrent." };

    public ListCommand(CommandContext context)
        : base("list", "Lists the torrents that this user's service runs ('patron service').")
    {
        _context = context;
        Arguments.Add(_torrents);
        _service.AddSocketTo(this);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        ITorrentService service = await _service.ConnectAsync(parsed, ctrlC).ConfigureAwait(false);
        await using var stopped = service.ConfigureAwait(false);
        string[] torrents = parsed.GetValue(_torrents) ?? [];
        (IReadOnlyList<TorrentStatus> found, int exitCode) = ServiceTorrents.Find(torrents, service.CreatePatron("list").Statuses, _context.Terminal);
        if (parsed.GetValue(_json))
        {
            foreach (TorrentStatus status in found)
                _context.Terminal.Out.WriteLine(JsonLine.Of(StatusReport.Of(status)));
        }
        else if (found.Count > 0)
        {
            Print(found);
        }
        else if (torrents.Length == 0)
        {
            _context.Terminal.Line("The service is running no torrents.");
        }

        return exitCode;
    }

    private void Print(IReadOnlyList<TorrentStatus> statuses)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("Name", "State", "Progress", "Size", "Activity", "Info hash");
        foreach (TorrentStatus status in statuses)
        {
            table.AddRow(
                Cell(status.Name),
                Cell($"{status.State}"),
                Cell(status.Metadata is null ? StatusText.Percent(status) : ""),
                Cell(status.Metadata is null ? ByteSize.Format(status.TotalSize) : ""),
                Cell(StatusText.Activity(status)),
                Cell(status.InfoHash[..HashDigits]));
        }

        _context.Terminal.Console.Write(table);
    }

    private static Text Cell(string text) => new(DisplayText.Clean(text));
}
