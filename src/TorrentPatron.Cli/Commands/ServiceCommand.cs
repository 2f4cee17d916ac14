using System.CommandLine;
using System.Globalization;
using TorrentPatron.Cli.Parsing;
using TorrentPatron.Engine.Client;
using TorrentPatron.Remote.Hosting;
using TorrentPatron.Service;
using TorrentPatron.Service.State;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron service</c>: runs torrents for a user's sessions, and continues when they end.</summary>
internal sealed class ServiceCommand : Command
{
    private readonly CommandContext _context;
    private readonly ServiceOptions _service = new();

    private readonly Option<string?> _socket = new("--socket")
    {
        Description = "The Unix domain socket to listen on, in a folder that only this user can read; on Windows the name of a pipe. "
            + "[default: the one that Connect-TorrentPatron uses]",
        HelpName = "path",
    };

    private readonly Option<ServiceScope> _scope = new("--scope")
    {
        Description = "Whose service to run: user, or machine, which several users share and which needs --root.",
        HelpName = "user|machine",
        DefaultValueFactory = _ => ServiceScope.User,
        CustomParser = OptionReader.Scope,
    };

    private readonly Option<string[]> _root = new("--root")
    {
        Description = "A folder below which torrents may be stored; other destinations are refused, and links below the folder are not followed. May be repeated.",
        HelpName = "folder",
    };

    private readonly Option<string?> _group = new("--group")
    {
        Description = "The group whose members may control the machine's service.",
        HelpName = "name",
    };

    private readonly Option<string?> _readersGroup = new("--readers-group")
    {
        Description = "The group whose members may read the machine's service but not change it.",
        HelpName = "name",
    };

    private readonly Option<string?> _log = new("--log")
    {
        Description = "The log file, of at most 1 MiB; the previous one is kept beside it. [default: the journal in a systemd unit, otherwise none]",
        HelpName = "file",
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print only errors." };

    public ServiceCommand(CommandContext context)
        : base(
            "service",
            "Runs torrents for all sessions of this user or, with --scope machine, for several users, until Ctrl-C (exit code 0). Sessions attach "
            + "with Connect-TorrentPatron. The service restarts the "
            + "saved torrents as they were.")
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
            // A signal is the normal end.
        }

        return ExitCode.Done;
    }

    /// <returns>Whether to start the service again.</returns>
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
                CultureInfo.InvariantCulture, $"The service listens on {service.Address} (process {Environment.ProcessId}). Press Ctrl-C to stop."));
        foreach (TorrentError error in await service.Restored.WaitAsync(ctrlC).ConfigureAwait(false))
            _context.Terminal.Warn(error);
        return await service.StopRequested.WaitAsync(ctrlC).ConfigureAwait(false);
    }
}
