using System.CommandLine;
using System.Globalization;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Hosting;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron service</c>: runs torrents for the sessions of a user, and goes on when they end.</summary>
internal sealed class ServiceCommand : Command
{
    private readonly CommandContext _context;
    private readonly ServiceOptions _service = new();

    private readonly Option<string?> _socket = new("--socket")
    {
        Description = "The Unix domain socket to listen on, in a folder that only this user may look into; on Windows the name of a pipe. "
            + "[default: where Connect-TorrentPatron looks]",
        HelpName = "path",
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print nothing but errors." };

    public ServiceCommand(CommandContext context)
        : base(
            "service",
            "Runs torrents for all sessions of this user, until Ctrl-C (exit code 0): Connect-TorrentPatron attaches to it. It goes on with the "
            + "saved torrents, as they were.")
    {
        _context = context;
        Options.Add(_socket);
        _service.AddTo(this);
        Options.Add(_quiet);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        try
        {
            SharedService service = await SharedService
                .StartAsync(_service.MakeService(_context, parsed), parsed.GetValue(_socket), ctrlC).ConfigureAwait(false);
            await using var stopped = service.ConfigureAwait(false);
            if (!parsed.GetValue(_quiet))
                _context.Terminal.Line(string.Create(
                    CultureInfo.InvariantCulture, $"The service listens on {service.Address} (process {Environment.ProcessId}). Ctrl-C ends it."));
            foreach (TorrentError error in await service.Restored.WaitAsync(ctrlC).ConfigureAwait(false))
                _context.Terminal.Warn(error);
            await Task.Delay(Timeout.Infinite, ctrlC).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Signals are how it ends.
        }

        return ExitCode.Done;
    }
}
