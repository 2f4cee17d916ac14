using System.CommandLine;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron stop</c>: stops torrents of a service.</summary>
internal sealed class StopCommand(CommandContext context) : ChangeCommand(
    context, "stop", "Stops torrents that the service runs. What is there is kept, and 'patron start --service' goes on with it; the service itself does not.")
{
    protected override Task<TorrentAnswer> ChangeAsync(Patron patron, TorrentStatus status, ParseResult parsed, CancellationToken cancellationToken) =>
        patron.CloseAsync(ServiceTorrents.IdOf(status), cancellationToken);

    protected override string Describe(ChangeReport report) => $"Stopped: {report.Torrent}";
}
