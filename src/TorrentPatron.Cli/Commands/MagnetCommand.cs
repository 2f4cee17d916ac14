using System.CommandLine;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron magnet</c>: prints the magnet links of torrents.</summary>
internal sealed class MagnetCommand : Command
{
    private readonly CommandContext _context;

    private readonly Argument<string[]> _sources = new("torrent")
    {
        Description = "A .torrent file, its http or https address, or a magnet link, which is printed in canonical form.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _noTrackers = new("--no-trackers") { Description = "Omit the trackers." };

    private readonly Option<bool> _privateTrackers = new("--private-trackers")
    {
        Description = "Include the trackers of private torrents, whose addresses may contain your key.",
    };

    private readonly Option<PeerAddress[]> _peers = new("--peer")
    {
        Description = "A peer to name in the link. May be repeated.",
        HelpName = "host:port",
        CustomParser = OptionReader.Peers,
    };

    public MagnetCommand(CommandContext context)
        : base("magnet", "Prints the magnet links of torrents, one per line.")
    {
        _context = context;
        Arguments.Add(_sources);
        Options.Add(_noTrackers);
        Options.Add(_privateTrackers);
        Options.Add(_peers);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        var reader = new SourceReader(_context.Time);
        HostEndPoint[] peers = [.. (parsed.GetValue(_peers) ?? []).Select(peer => new HostEndPoint(peer.Host, peer.Port))];
        foreach (string source in parsed.GetRequiredValue(_sources))
        {
            SourceContent content = await reader.ReadContentAsync(TorrentSource.Parse(source), ctrlC).ConfigureAwait(false);
            MagnetLink link = content.Magnet ?? MagnetLink.Of(content.Metainfo!);
            bool isPrivate = content.Metainfo is { IsPrivate: true } && link.Trackers.Count > 0 && !parsed.GetValue(_privateTrackers);
            if (isPrivate && !parsed.GetValue(_noTrackers))
            {
                _context.Terminal.Error.WriteLine(DisplayText.Clean(
                    $"patron: {link.Name}: the link omits the private torrent's trackers, which may contain your key; use --private-trackers to include them."));
            }

            if (isPrivate || parsed.GetValue(_noTrackers))
                link = link with { Trackers = [] };
            _context.Terminal.Line((link with { Peers = [.. link.Peers.Union(peers)] }).ToString());
        }

        return ExitCode.Done;
    }
}
