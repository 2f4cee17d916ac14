using System.CommandLine;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.State;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron export</c>: writes the .torrent files of saved torrents.</summary>
internal sealed class ExportCommand : Command
{
    /// <summary>The shortest prefix of an info hash that can name a torrent.</summary>
    private const int ShortestPrefix = 4;

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
        TorrentMetainfo torrent = Find(states, parsed.GetRequiredValue(_torrent));

        // The name is made safe as a single element of a path.
        string output = Path.GetFullPath(parsed.GetValue(_output) ?? torrent.Name + ".torrent");
        bool mayOverwrite = parsed.GetValue(_force);
        TorrentWriter.Check(output, mayOverwrite);
        await TorrentWriter.WriteAsync(torrent, output, mayOverwrite, _context.Terminal, ctrlC).ConfigureAwait(false);
        return ExitCode.Done;
    }

    /// <summary>Whether a text is the beginning of one of a torrent's hashes: a hybrid is saved by one of its two.</summary>
    private static bool IsHashOf(TorrentId torrent, string text) => text.Length >= ShortestPrefix
        && (torrent.V1?.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase) == true
            || torrent.V2?.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase) == true);

    private static TorrentMetainfo Find(StateFolder states, string text)
    {
        SavedTorrent[] byHash =
        [
            .. states.Enumerate().Where(saved =>
                text.Length >= ShortestPrefix && saved.TorrentId.ToString().StartsWith(text, StringComparison.OrdinalIgnoreCase)),
        ];
        TorrentMetainfo?[] found = byHash.Length > 0
            ? [.. byHash.Select(saved => saved.ReadMetainfo())]
            : [.. states.Enumerate().Select(saved => saved.ReadMetainfo())
                .Where(metainfo => metainfo is not null && (metainfo.Name.Equals(text, StringComparison.OrdinalIgnoreCase) || IsHashOf(metainfo.TorrentId, text)))];
        return found switch
        {
            [{ } metainfo] => metainfo,
            [null] => throw new TorrentException(new TorrentError(
                TorrentErrorId.MetadataMissing, $"The metadata of '{DisplayText.Clean(text)}' is not known yet.", "Start it, or fetch its metadata with 'patron metadata'.")),
            [] => throw new TorrentException(new TorrentError(
                TorrentErrorId.TorrentNotFound, $"No torrent '{DisplayText.Clean(text)}' is saved in {states.FolderPath}.", "'patron status' lists the saved torrents.")),
            _ => throw new TorrentException(new TorrentError(
                TorrentErrorId.TorrentNotFound, $"'{DisplayText.Clean(text)}' matches {found.Length} torrents.", "Give more digits of the info hash.")),
        };
    }
}
