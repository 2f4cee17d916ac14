using System.CommandLine;
using System.Net;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron metadata</c>: fetches the metadata of a magnet link from peers and writes a .torrent file.</summary>
internal sealed class MetadataCommand : Command
{
    private readonly CommandContext _context;
    private readonly ServiceOptions _service = new();
    private readonly Argument<string> _source = new("link") { Description = "A magnet link." };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "The .torrent file to write. [default: the name of the torrent, with .torrent, in the current folder]",
        HelpName = "file",
    };

    private readonly Option<PeerAddress[]> _peers = new("--peer")
    {
        Description = "A peer to ask in addition to those in the link. May be repeated.",
        HelpName = "host:port",
        CustomParser = OptionReader.Peers,
    };

    private readonly Option<Uri[]> _trackers = new("--tracker")
    {
        Description = "A tracker to ask for peers in addition to those in the link. May be repeated.",
        HelpName = "address",
        CustomParser = OptionReader.Trackers,
    };

    private readonly Option<TimeSpan?> _timeout = new("--timeout")
    {
        Description = "Give up after this time, such as 90s, 10m or 2h.",
        HelpName = "time",
        CustomParser = OptionReader.Time,
    };

    private readonly Option<bool> _force = new("--force") { Description = "Overwrite an existing .torrent file." };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print only the result and errors." };

    public MetadataCommand(CommandContext context)
        : base("metadata", "Fetches the metadata of a magnet link from peers and writes its .torrent file; nothing else is downloaded.")
    {
        _context = context;
        Arguments.Add(_source);
        Options.Add(_output);
        Options.Add(_peers);
        Options.Add(_trackers);
        Options.Add(_timeout);
        Options.Add(_force);
        _service.AddTo(this);
        Options.Add(_quiet);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        bool mayOverwrite = parsed.GetValue(_force);
        if (parsed.GetValue(_output) is { } named)
            TorrentWriter.Check(Path.GetFullPath(named), mayOverwrite);
        TorrentService service = _service.MakeService(_context, parsed);
        await using var stopped = service.ConfigureAwait(false);
        var peers = new List<IPEndPoint>();
        foreach (PeerAddress peer in parsed.GetValue(_peers) ?? [])
            peers.AddRange(await peer.ResolveAsync(service.Network, ctrlC).ConfigureAwait(false));

        Patron patron = service.CreatePatron("metadata");
        Task<TorrentMetainfo> fetching = patron.FetchMetadataAsync(new StartRequest
        {
            Source = TorrentSource.Parse(parsed.GetRequiredValue(_source)),
            Peers = peers,
            Trackers = parsed.GetValue(_trackers) ?? [],
            MetadataTimeout = parsed.GetValue(_timeout),
            SourceTimeout = parsed.GetValue(_timeout),
        }, ctrlC);
        await StatusDisplays.Choose(_context, parsed.GetValue(_quiet)).ShowAsync(patron, fetching).ConfigureAwait(false);
        TorrentMetainfo torrent = await fetching.ConfigureAwait(false);

        // The name is made safe as a single element of a path.
        string output = Path.GetFullPath(parsed.GetValue(_output) ?? torrent.Name + ".torrent");
        TorrentWriter.Check(output, mayOverwrite);
        await TorrentWriter.WriteAsync(torrent, output, mayOverwrite, _context.Terminal, ctrlC).ConfigureAwait(false);
        return ExitCode.Done;
    }
}
