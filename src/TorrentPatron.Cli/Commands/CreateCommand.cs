using System.CommandLine;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron create</c>: makes a .torrent file.</summary>
internal sealed class CreateCommand : Command
{
    private readonly CommandContext _context;
    private readonly Argument<string> _path = new("path") { Description = "The file or folder to make a torrent from." };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "The .torrent file to write. [default: the name of the file or folder, with .torrent, in the current folder]",
        HelpName = "file",
    };

    private readonly Option<Uri[]> _trackers = new("--tracker")
    {
        Description = "A tracker to announce to. May be repeated; each tracker is a separate tier.",
        HelpName = "address",
        CustomParser = OptionReader.Trackers,
    };

    private readonly Option<MetainfoVersion> _version = new("--torrent-version")
    {
        Description = "The format: 1, which every program reads; 2 (BEP 52), with a hash for each file; or hybrid, which is both.",
        HelpName = "1|2|hybrid",
        CustomParser = OptionReader.TorrentVersion,
        DefaultValueFactory = _ => MetainfoVersion.V1,
    };

    private readonly Option<long?> _pieceLength = new("--piece-length")
    {
        Description = "Length of a piece, a power of two from 16KiB. [default: chosen from the size]",
        HelpName = "size",
        CustomParser = result => OptionReader.Size(result),
    };

    private readonly Option<Uri[]> _webSeeds = new("--web-seed")
    {
        Description = "A web server that has the files: http or https. May be repeated.",
        HelpName = "address",
        CustomParser = OptionReader.WebSeeds,
    };

    private readonly Option<TorrentId[]> _similar = new("--similar")
    {
        Description = "The info hash of a torrent that may share files with this one. May be repeated.",
        HelpName = "info-hash",
        CustomParser = OptionReader.TorrentIds,
    };

    private readonly Option<string[]> _collections = new("--collection")
    {
        Description = "A collection that the torrent belongs to: torrents of one collection may share files. It changes the info hash. May be repeated.",
        HelpName = "name",
    };

    private readonly Option<string?> _updateUrl = new("--update-url")
    {
        Description = "The http or https address of newer torrents. It changes the info hash.",
        HelpName = "address",
    };

    private readonly Option<bool> _keepLinks = new("--keep-links")
    {
        Description = "Write symbolic links as links, whose targets must be in the folder. By default links are followed.",
    };

    private readonly Option<bool> _keepTimes = new("--keep-times") { Description = "Write each file's last write time." };
    private readonly Option<bool> _noAttributes = new("--no-attributes") { Description = "Do not record which files are executable or hidden." };
    private readonly Option<bool> _private = new("--private") { Description = "Allow peers from the trackers only." };
    private readonly Option<string?> _comment = new("--comment") { Description = "A comment.", HelpName = "text" };
    private readonly Option<bool> _force = new("--force") { Description = "Overwrite an existing .torrent file." };

    public CreateCommand(CommandContext context)
        : base("create", "Makes a .torrent file from a file or folder. The same files and options give the same .torrent file.")
    {
        _context = context;
        Arguments.Add(_path);
        Options.Add(_output);
        Options.Add(_trackers);
        Options.Add(_webSeeds);
        Options.Add(_similar);
        Options.Add(_collections);
        Options.Add(_updateUrl);
        Options.Add(_version);
        Options.Add(_pieceLength);
        Options.Add(_keepLinks);
        Options.Add(_keepTimes);
        Options.Add(_noAttributes);
        Options.Add(_private);
        Options.Add(_comment);
        Options.Add(_force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(_path)));
        string output = Path.GetFullPath(parsed.GetValue(_output) ?? Path.GetFileName(path) + ".torrent");
        bool mayOverwrite = parsed.GetValue(_force);
        TorrentWriter.Check(output, mayOverwrite);

        byte[] torrent = await MakeAsync(path, parsed, ctrlC).ConfigureAwait(false);
        await TorrentWriter.WriteAsync(MetainfoReader.Read(torrent), output, mayOverwrite, _context.Terminal, ctrlC).ConfigureAwait(false);
        return ExitCode.Done;
    }

    private async Task<byte[]> MakeAsync(string path, ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new TorrentMakerOptions
        {
            Version = parsed.GetValue(_version),
            PieceLength = parsed.GetValue(_pieceLength) is { } length ? (int)Math.Min(length, int.MaxValue) : null,
            TrackerTiers = [.. (parsed.GetValue(_trackers) ?? []).Select(tracker => new[] { tracker.OriginalString })],
            WebSeeds = [.. (parsed.GetValue(_webSeeds) ?? []).Select(seed => seed.OriginalString)],
            KeepLinks = parsed.GetValue(_keepLinks),
            KeepLastWriteTimes = parsed.GetValue(_keepTimes),
            KeepAttributes = !parsed.GetValue(_noAttributes),
            IsPrivate = parsed.GetValue(_private),
            Comment = parsed.GetValue(_comment),
            Similar = parsed.GetValue(_similar) ?? [],
            Collections = parsed.GetValue(_collections) ?? [],
            UpdateUrl = parsed.GetValue(_updateUrl),
        };
        try
        {
            return await TorrentMaker.MakeAsync(path, options, null, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException fault)
        {
            // Without the name of our own parameter, which means nothing to a user.
            string why = fault.Message.Split(" (Parameter", 2)[0];
            throw new TorrentException(
                new TorrentError(TorrentErrorId.InvalidTorrent, why, "Choose another value, or omit the option."),
                fault);
        }
    }
}
