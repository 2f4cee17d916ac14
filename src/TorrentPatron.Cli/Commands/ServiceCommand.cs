using System.CommandLine;
using System.Globalization;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.State;

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

    private readonly Option<ServiceScope> _scope = new("--scope")
    {
        Description = "Whose service it is: user, or machine, which several users share and which needs --root.",
        HelpName = "user|machine",
        DefaultValueFactory = _ => ServiceScope.User,
        CustomParser = OptionReader.Scope,
    };

    private readonly Option<string[]> _root = new("--root")
    {
        Description = "A folder below which torrents may lie; anywhere else they are refused, and no link below it is followed. May be given again.",
        HelpName = "folder",
    };

    private readonly Option<string?> _group = new("--group")
    {
        Description = "The group whose members may steer the machine's service.",
        HelpName = "name",
    };

    private readonly Option<string?> _readersGroup = new("--readers-group")
    {
        Description = "The group whose members may look at the machine's service and change nothing.",
        HelpName = "name",
    };

    private readonly Option<string?> _log = new("--log")
    {
        Description = "The file to log to, of at most 1 MiB; the one before is kept beside it. [default: the journal as a unit of systemd, else none]",
        HelpName = "file",
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print nothing but errors." };

    public ServiceCommand(CommandContext context)
        : base(
            "service",
            "Runs torrents for all sessions of this user or, with --scope machine, for several users, until Ctrl-C (exit code 0): Connect-TorrentPatron "
            + "attaches to it. It goes on with the "
            + "saved torrents, as they were.")
    {
        _context = context;
        Options.Add(_socket);
        Options.Add(_scope);
        Options.Add(_root);
        Options.Add(_group);
        Options.Add(_readersGroup);
        Options.Add(_log);
        _service.AddTo(this);
        Options.Add(_quiet);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        try
        {
            while (await HostAsync(parsed, ctrlC).ConfigureAwait(false))
            {
                // A client has asked for a restart.
            }
        }
        catch (OperationCanceledException)
        {
            // Signals are how it ends.
        }

        return ExitCode.Done;
    }

    /// <returns>Whether it is to start again.</returns>
    private async Task<bool> HostAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        ServiceScope scope = parsed.GetValue(_scope);
        TorrentService torrents = _service.MakeService(
            _context, parsed, [.. (parsed.GetValue(_root) ?? []).Select(Path.GetFullPath)], scope == ServiceScope.Machine ? StateFolder.MachinePath : null);
        var options = new SharedServiceOptions
        {
            Address = parsed.GetValue(_socket), Scope = scope, Group = parsed.GetValue(_group), ReadersGroup = parsed.GetValue(_readersGroup),
            LogPath = parsed.GetValue(_log) is { } log ? Path.GetFullPath(log) : null,
        };
        SharedService service = await SharedService.StartAsync(torrents, options, ctrlC).ConfigureAwait(false);
        await using var stopped = service.ConfigureAwait(false);
        if (!parsed.GetValue(_quiet) && !service.LogsToJournal)
            _context.Terminal.Line(string.Create(
                CultureInfo.InvariantCulture, $"The service listens on {service.Address} (process {Environment.ProcessId}). Ctrl-C ends it."));
        foreach (TorrentError error in await service.Restored.WaitAsync(ctrlC).ConfigureAwait(false))
            _context.Terminal.Warn(error);
        return await service.StopRequested.WaitAsync(ctrlC).ConfigureAwait(false);
    }
}
