using System.CommandLine;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Requests;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron seed</c>: seeds complete data.</summary>
internal sealed class SeedCommand : Command
{
    private readonly CommandContext _context;
    private readonly ServiceOptions _service = new();

    private readonly Argument<string> _source = new("torrent") { Description = "A .torrent file, or its http or https address." };

    private readonly Option<string> _destination = new("--destination", "-d")
    {
        Description = "The folder that contains the torrent's file or folder.",
        HelpName = "folder",
        DefaultValueFactory = _ => ".",
    };

    private readonly Option<Uri[]> _trackers = new("--tracker")
    {
        Description = "A tracker to announce to in addition to the torrent's own. May be repeated.",
        HelpName = "address",
        CustomParser = OptionReader.Trackers,
    };

    private readonly Option<bool> _recheck = new("--recheck")
    {
        Description = "Hash everything, even if the saved state says that all data is present and the files look unchanged.",
    };

    private readonly Option<bool> _superSeeding = new("--super-seeding")
    {
        Description = "Offer each peer one piece after another, so that the first copy is uploaded only about once. For a torrent that nobody else seeds.",
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print only errors." };

    public SeedCommand(CommandContext context)
        : base("seed", "Checks the data on disk, prints the port and seeds until Ctrl-C (exit code 0). It never downloads.")
    {
        _context = context;
        Arguments.Add(_source);
        Options.Add(_destination);
        Options.Add(_trackers);
        Options.Add(_recheck);
        Options.Add(_superSeeding);
        _service.AddTo(this);
        Options.Add(_quiet);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        string destination = Path.GetFullPath(parsed.GetRequiredValue(_destination));
        SourceContent content = await new SourceReader(_context.Time)
            .ReadTorrentAsync(TorrentSource.Parse(parsed.GetRequiredValue(_source)), ctrlC).ConfigureAwait(false);

        TorrentService service = _service.MakeService(_context, parsed);
        await using var stopped = service.ConfigureAwait(false);
        Patron patron = service.CreatePatron("seed");
        var request = new StartRequest
        {
            Metainfo = content.Metainfo,
            Reach = content.Reach,
            Destination = destination,
            Trackers = parsed.GetValue(_trackers) ?? [],
            Recheck = parsed.GetValue(_recheck),
            Options = new TorrentOptions { SeedOnly = true, SuperSeeding = parsed.GetValue(_superSeeding) },
        };
        bool isQuiet = parsed.GetValue(_quiet);
        Task work = SeedAsync(service, patron, request, isQuiet, ctrlC);

        await StatusDisplays.Choose(_context, isQuiet).ShowAsync(patron, work).ConfigureAwait(false);
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is the normal end of seeding.
        }

        return ExitCode.Done;
    }

    /// <summary>Seeds, and ends only with an exception: why it cannot seed, or its cancellation.</summary>
    private async Task SeedAsync(
        TorrentService service, Patron patron, StartRequest request, bool isQuiet, CancellationToken ctrlC)
    {
        TorrentAnswer answer = await patron.StartAsync(request, ctrlC).ConfigureAwait(false);
        if (answer is TorrentStartFail fail)
            throw new TorrentException(fail.Error);
        if (answer.Reservation is { } reservation)
            _context.Terminal.Warn(reservation);

        TorrentStatus? status = await patron
            .WaitAsync(answer.TorrentId, now => now.State != TorrentState.Checking, ctrlC).ConfigureAwait(false);
        if (status is { Error: { } error })
            throw new TorrentException(error);

        if (!isQuiet && service.GetClientStatus() is { } client)
            PrintPort(client);
        await Task.Delay(Timeout.Infinite, ctrlC).ConfigureAwait(false);
    }

    private void PrintPort(ClientStatus client)
    {
        if (client.Warning is { } warning)
            _context.Terminal.Warn(warning);
        if (client.ListenEndPoints is [{ Port: var port }, ..])
            _context.Terminal.Line($"Seeding on port {port}. Press Ctrl-C to stop.");
    }
}
