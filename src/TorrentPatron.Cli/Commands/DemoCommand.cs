using System.CommandLine;
using TorrentPatron.Cli.Demo;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron demo</c>: shows on this machine that everything works.</summary>
internal sealed class DemoCommand : Command
{
    private const long DefaultSize = 256L << 20;
    private const long LargestSize = 64L << 30;
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(10);

    private readonly CommandContext _context;

    private readonly Option<long> _size = new("--size")
    {
        Description = "How much to download, such as 1GiB; needs twice as much free space while it runs. [default: 256MiB]",
        HelpName = "size",
        CustomParser = result => OptionReader.SizeWithin(result, 1, LargestSize),
        DefaultValueFactory = _ => DefaultSize,
    };

    public DemoCommand(CommandContext context)
        : base(
            "demo",
            "Makes a swarm on 127.0.0.1 (a tracker, a seeder, a downloader), downloads, verifies and reports the speed.")
    {
        _context = context;
        Options.Add(_size);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        using var time = new CancellationTokenSource(LongestRun, _context.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ctrlC, time.Token);
        try
        {
            return await RunAsync(parsed.GetValue(_size), end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ctrlC.IsCancellationRequested)
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.TimeoutReached,
                $"The demo did not finish within {Duration.Format(LongestRun)}.",
                "Choose a smaller --size."));
        }
    }

    private async Task<int> RunAsync(long size, CancellationToken cancellationToken)
    {
        Terminal terminal = _context.Terminal;
        using var content = new DemoContent(size);
        terminal.Line($"Making {ByteSize.Format(size)} of random bytes and a .torrent file for them.");
        await content.FillAsync(new Random(), cancellationToken).ConfigureAwait(false);

        TimeSpan taken;
        var swarm = new DemoSwarm(_context, content);
        await using (swarm.ConfigureAwait(false))
        {
            TorrentMetainfo torrent = await swarm.SeedAsync(cancellationToken).ConfigureAwait(false);
            terminal.Line($"A tracker and a seeder are running on 127.0.0.1; torrent {torrent.InfoHash}. Downloading:");
            Task<TimeSpan> download = swarm.DownloadAsync(torrent, cancellationToken);
            IStatusDisplay display = StatusDisplays.Choose(_context, isSilent: false);
            await display.ShowAsync(swarm.Downloader, download).ConfigureAwait(false);
            taken = await download.ConfigureAwait(false);
        }

        if (!await content.ArrivedAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new TorrentException(new TorrentError(
                TorrentErrorId.Unexpected, "The downloaded data differs from the shared data.", "Please report this."));
        }

        terminal.Line(
            $"{ByteSize.Format(size)} in {taken.TotalSeconds:0.00} s: "
            + $"{StatusText.Rate(size / Math.Max(taken.TotalSeconds, 0.001))}, every byte verified.");
        return ExitCode.Done;
    }
}
