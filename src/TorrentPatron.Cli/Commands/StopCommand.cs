using System.CommandLine;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron stop</c>: stops torrents of a service.</summary>
internal sealed class StopCommand(CommandContext context) : ChangeCommand(
    context, "stop", "Stops torrents of the service. Keeps their data, and 'patron start --service' continues them; the service does not restart them by itself.")
{
    protected override Task<TorrentAnswer> ChangeAsync(Patron patron, TorrentStatus status, ParseResult parsed, CancellationToken cancellationToken) =>
        patron.CloseAsync(ServiceTorrents.IdOf(status), cancellationToken);

    protected override string Describe(ChangeReport report) => $"Stopped: {report.Torrent}";
}
