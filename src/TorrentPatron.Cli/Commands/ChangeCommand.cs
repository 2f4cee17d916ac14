using System.CommandLine;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service;

namespace TorrentPatron.Cli.Commands;

/// <summary>A command that changes torrents of a service.</summary>
internal abstract class ChangeCommand : Command
{
    private readonly ServiceClientOptions _service = new();

    private readonly Argument<string[]> _torrents = new("torrent")
    {
        Description = ServiceTorrents.Help,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "Print only errors." };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object per line for each torrent." };

    protected ChangeCommand(CommandContext context, string name, string description)
        : base(name, description)
    {
        Context = context;
        Arguments.Add(_torrents);
        _service.AddSocketTo(this);
        Options.Add(_quiet);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    protected CommandContext Context { get; }

    /// <summary>The torrents among which the given names are looked up.</summary>
    protected virtual IReadOnlyList<TorrentStatus> Candidates(ITorrentService service, Patron patron) => patron.Statuses;

    /// <summary>Changes one torrent.</summary>
    protected abstract Task<TorrentAnswer> ChangeAsync(Patron patron, TorrentStatus status, ParseResult parsed, CancellationToken cancellationToken);

    /// <summary>Describes the change in one line.</summary>
    protected abstract string Describe(ChangeReport report);

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken ctrlC)
    {
        ITorrentService service = await _service.ConnectAsync(parsed, ctrlC).ConfigureAwait(false);
        await using var stopped = service.ConfigureAwait(false);
        Patron patron = service.CreatePatron(Name);
        var reports = new List<ChangeReport>();
        IReadOnlyList<TorrentStatus> found = ServiceTorrents.Find(
            parsed.GetRequiredValue(_torrents), Candidates(service, patron), (text, error) => reports.Add(ChangeReport.Of(text, null, error)));
        Task<ChangeReport>[] changes = [.. found.Select(status => ReportAsync(patron, status, parsed, ctrlC))];
        reports.AddRange(await Task.WhenAll(changes).ConfigureAwait(false));
        foreach (ChangeReport report in reports)
            Print(report, parsed);
        return reports.TrueForAll(report => report.IsDone) ? ExitCode.Done : ExitCode.Failed;
    }

    private async Task<ChangeReport> ReportAsync(Patron patron, TorrentStatus status, ParseResult parsed, CancellationToken cancellationToken) =>
        await ChangeAsync(patron, status, parsed, cancellationToken).ConfigureAwait(false) switch
        {
            CommandFail fail => ChangeReport.Of(status.Name, status.InfoHash, fail.Error),
            TorrentRemoved removed => new ChangeReport(
                status.Name, status.InfoHash, true, removed.FilesDeleted, removed.BytesDeleted, null, removed.Warnings),
            _ => new ChangeReport(status.Name, status.InfoHash, true, 0, 0, null, []),
        };

    private void Print(ChangeReport report, ParseResult parsed)
    {
        if (parsed.GetValue(_json))
            Context.Terminal.Out.WriteLine(JsonLine.Of(report));
        else if (report.IsDone && !parsed.GetValue(_quiet))
            Context.Terminal.Line(Describe(report));
        if (report.Error is { } error)
            Context.Terminal.Fail(error);
        foreach (TorrentError warning in report.Warnings.Where(_ => !parsed.GetValue(_json)))
            Context.Terminal.Warn(warning);
    }
}
