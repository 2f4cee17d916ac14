using System.CommandLine;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.State;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron export</c>: writes the .torrent files of saved torrents.</summary>
internal sealed class ExportCommand : Command
{
    private readonly CommandContext _context;
    private readonly Option<string?> _state = ServiceOptions.StateOption();

    private readonly Argument<string> _torrent = new("torrent")
    {
        Description = "A torrent in the state folder: its name, or the first digits of its info hash.",
    };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "The .torrent file to write. [default: the name of the torrent, with .torrent, in the current folder]",
        HelpName = "file",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Overwrite an existing .torrent file." };

    public ExportCommand(CommandContext context)
        : base("export", "Writes the .torrent file of a torrent in the state folder, running or not.")
    {
        _context = context;
        Arguments.Add(_torrent);
        Options.Add(_output);
        Options.Add(_force);
        Options.Add(_state);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        var states = new StateFolder(parsed.GetValue(_state) ?? StateFolder.DefaultPath, _context.Time);
        TorrentMetainfo torrent = SavedTorrents.Find(states, parsed.GetRequiredValue(_torrent));

        // The name is made safe as a single element of a path.
        string output = Path.GetFullPath(parsed.GetValue(_output) ?? torrent.Name + ".torrent");
        bool mayOverwrite = parsed.GetValue(_force);
        TorrentWriter.Check(output, mayOverwrite);
        await TorrentWriter.WriteAsync(torrent, output, mayOverwrite, _context.Terminal, ctrlC).ConfigureAwait(false);
        return ExitCode.Done;
    }
}
