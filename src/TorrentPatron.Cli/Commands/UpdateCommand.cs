using System.CommandLine;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Network;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Magnets;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;
using TorrentPatron.Service.State;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron update</c>: requests newer torrents from the update addresses of torrents (BEP 39).</summary>
internal sealed class UpdateCommand : Command
{
    private const string Extension = ".torrent";

    private readonly CommandContext _context;
    private readonly NetworkOptions _network = new();
    private readonly Option<string?> _state = ServiceOptions.StateOption();

    private readonly Argument<string[]> _torrents = new("torrent")
    {
        Description = "A .torrent file, its http or https address, or a torrent in the state folder: its name, or the first digits of its info hash.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        Description = "The .torrent file to write the newer torrent to, or an existing folder. By default none is written.",
        HelpName = "path",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Overwrite an existing .torrent file." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line for each torrent." };

    public UpdateCommand(CommandContext context)
        : base(
            "update",
            "Checks whether newer versions of torrents are published at their update addresses, and whether the publisher of the older one has signed them. "
            + "Starts nothing.")
    {
        _context = context;
        Arguments.Add(_torrents);
        Options.Add(_output);
        Options.Add(_force);
        Options.Add(_state);
        _network.AddTo(this);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        string[] torrents = parsed.GetRequiredValue(_torrents);
        string? output = parsed.GetValue(_output) is { } given ? Path.GetFullPath(given) : null;
        if (torrents.Length > 1 && output is not null && !Directory.Exists(output))
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.InvalidArgument, $"--output: '{output}' is not a folder, and the newer versions of several torrents cannot be one file.",
                "Give an existing folder."));
        }

        INetwork network = _network.MakeNetwork(parsed, _context.Time);
        var states = new StateFolder(parsed.GetValue(_state) ?? StateFolder.DefaultPath, _context.Time);
        int exitCode = ExitCode.Done;
        foreach (string text in torrents)
        {
            UpdateReport report = await AskAsync(text, states, network, output, parsed.GetValue(_force), ctrlC).ConfigureAwait(false);
            if (parsed.GetValue(_json))
                _context.Terminal.Out.WriteLine(JsonLine.Of(report));
            else
                Print(report);
            if (report.Error is not { } error)
                continue;
            _context.Terminal.Fail(error);
            exitCode = ExitCode.Failed;
        }

        return exitCode;
    }

    private async Task<UpdateReport> AskAsync(
        string text, StateFolder states, INetwork network, string? output, bool mayOverwrite, CancellationToken cancellationToken)
    {
        TorrentMetainfo? torrent = null;
        UpdateOffer? offer = null;
        try
        {
            torrent = await ReadAsync(text, states, network, cancellationToken).ConfigureAwait(false);
            if (torrent.UpdateUrl is not null)
                offer = await new UpdateReader(_context.Time, network).AskAsync(torrent, cancellationToken).ConfigureAwait(false);
            string? path = null;
            if (output is not null && offer?.Torrent is { } newer)
            {
                // The name is made safe as a single element of a path.
                path = Directory.Exists(output) ? Path.Combine(output, newer.Name + Extension) : output;
                TorrentWriter.Check(path, mayOverwrite);
                await TorrentWriter.WriteAsync(newer, path, mayOverwrite, cancellationToken).ConfigureAwait(false);
            }

            return UpdateReport.Of(text, torrent, offer, path);
        }
        catch (TorrentException fault)
        {
            return UpdateReport.Of(text, torrent, offer, path: null) with { Error = fault.Error };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            var error = new TorrentError(TorrentErrorId.DestinationNotWritable, DisplayText.Clean(fault.Message), "Choose another path with --output.");
            return UpdateReport.Of(text, torrent, offer, path: null) with { Error = error };
        }
    }

    private async Task<TorrentMetainfo> ReadAsync(string text, StateFolder states, INetwork network, CancellationToken cancellationToken)
    {
        bool isSource = MagnetLink.IsMagnet(text) || text.Contains("://", StringComparison.Ordinal)
            || text.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) || File.Exists(text);
        return isSource
            ? await new SourceReader(_context.Time, network).ReadAsync(TorrentSource.Parse(text), cancellationToken).ConfigureAwait(false)
            : SavedTorrents.Find(states, text);
    }

    private void Print(UpdateReport report)
    {
        if (report.IsAvailable)
        {
            _context.Terminal.Line($"{report.Name}: newer version {report.NewName}, info hash {report.NewInfoHash}, {Describe(report.Signature!.Value)}");
            if (report.Path is not null)
                _context.Terminal.Line($"Written: {report.Path}");
        }
        else if (report.Error is null)
        {
            _context.Terminal.Line($"{report.Name}: {(report.UpdateUrl is null ? "no update address" : "no newer version")}");
        }
    }

    private static string Describe(TorrentSignature signature) => signature switch
    {
        TorrentSignature.Valid => "signature valid",
        TorrentSignature.Invalid => "signature invalid",
        TorrentSignature.Missing => "not signed",
        _ => "not verified: the older version names no certificate",
    };
}
