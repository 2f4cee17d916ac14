using System.CommandLine;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron check</c>: checks the data that a folder has for a torrent.</summary>
internal sealed class CheckCommand : Command
{
    private readonly CommandContext _context;
    private readonly Argument<string> _source = new("torrent") { Description = "A .torrent file, or its http or https address." };

    private readonly Option<string> _data = new("--data", "-d")
    {
        Description = "The folder or file to look in.",
        HelpName = "path",
        DefaultValueFactory = _ => ".",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object on one line." };

    public CheckCommand(CommandContext context)
        : base("check", "Hashes the data of a torrent without starting it, and finds renamed files by size and hash. Exits with 0 if all data is present.")
    {
        _context = context;
        Arguments.Add(_source);
        Options.Add(_data);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        TorrentMetainfo metainfo = await new SourceReader(_context.Time)
            .ReadAsync(TorrentSource.Parse(parsed.GetRequiredValue(_source)), ctrlC).ConfigureAwait(false);
        string data = Path.GetFullPath(parsed.GetRequiredValue(_data));
        DataMatch match = await DataMatcher.MatchAsync(metainfo, data, progress: null, ctrlC).ConfigureAwait(false);
        if (parsed.GetValue(_json))
            _context.Terminal.Out.WriteLine(JsonLine.Of(CheckReport.Of(match, metainfo.PieceCount)));
        else
            Print(match);
        if (match.IsComplete)
            return ExitCode.Done;
        throw new TorrentException(new TorrentError(
            TorrentErrorId.DataIncomplete, $"{match.BadPieces.Count} of {metainfo.PieceCount} pieces are missing or wrong.",
            "Download them with 'patron start' and the folder as destination."));
    }

    private void Print(DataMatch match)
    {
        foreach (MatchedFile file in match.Files)
        {
            string state = file.IsComplete ? "complete" : file.FoundPath is null ? "missing" : $"{ByteSize.Format(file.CompletedSize)} good";
            string found = file.IsRenamed ? $"  (found as {file.FoundPath})" : "";
            _context.Terminal.Line($"{ByteSize.Format(file.Length),12}  {state,-12}  {file.Path}{found}");
        }
    }
}
