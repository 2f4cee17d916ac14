using System.CommandLine;
using TorrentPatron.Cli.Display;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol;
using TorrentPatron.Service;
using TorrentPatron.Service.Errors;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron watch</c>: follows the torrents of a service.</summary>
internal sealed class WatchCommand : Command
{
    /// <summary>Time between two checks for the first torrent of a service without torrents.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly CommandContext _context;
    private readonly ServiceClientOptions _service = new();

    private readonly Argument<string[]> _torrents = new("torrent")
    {
        Description = ServiceTorrents.Help + " By default all torrents, including those that are started later.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line for each change." };

    public WatchCommand(CommandContext context)
        : base("watch", "Follows the torrents of the service until Ctrl-C (exit code 0), or until the named torrents have stopped. The torrents continue.")
    {
        _context = context;
        Arguments.Add(_torrents);
        _service.AddSocketTo(this);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        ITorrentService service = await _service.ConnectAsync(parsed, ctrlC).ConfigureAwait(false);
        await using var stopped = service.ConfigureAwait(false);
        Patron patron = service.CreatePatron("watch");
        string[] names = parsed.GetValue(_torrents) ?? [];
        int exitCode = ExitCode.Done;
        HashSet<string>? chosen = null;
        if (names.Length > 0)
        {
            (IReadOnlyList<TorrentStatus> found, exitCode) = ServiceTorrents.Find(names, patron.Statuses, _context.Terminal);
            chosen = [.. found.Select(status => status.InfoHash)];
            if (chosen.Count == 0)
                return exitCode;
        }

        bool isJson = parsed.GetValue(_json);
        Task work = FollowAsync(service, patron, chosen, isJson, ctrlC);
        await StatusDisplays.Choose(_context, isJson, status => chosen?.Contains(status.InfoHash) != false).ShowAsync(patron, work).ConfigureAwait(false);
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is the normal end of watching.
        }

        return exitCode;
    }

    private async Task FollowAsync(ITorrentService service, Patron patron, HashSet<string>? chosen, bool isJson, CancellationToken ctrlC)
    {
        TorrentId[]? torrents = chosen is null ? null : [.. patron.Statuses.Where(status => chosen.Contains(status.InfoHash)).Select(ServiceTorrents.IdOf)];
        do
        {
            await foreach (TorrentStatus status in patron.WatchAsync(torrents, ctrlC).ConfigureAwait(false))
            {
                if (isJson)
                    _context.Terminal.Out.WriteLine(JsonLine.Of(StatusReport.Of(status)));
            }

            if (service.Fault is { } gone)
                throw new TorrentException(gone);
            if (torrents is null)
                await Task.Delay(Look, _context.Time, ctrlC).ConfigureAwait(false);
        }
        while (torrents is null);
    }
}
