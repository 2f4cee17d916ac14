using System.CommandLine;
using TorrentPatron.Cli.Reports;
using TorrentPatron.Engine.Client;
using TorrentPatron.Service;
using TorrentPatron.Service.Units;

namespace TorrentPatron.Cli.Commands;

/// <summary><c>patron remove</c>: removes torrents from a service.</summary>
internal sealed class RemoveCommand : ChangeCommand
{
    private readonly Option<bool> _deleteData = new("--delete-data") { Description = "Delete the files that the torrent made too." };

    public RemoveCommand(CommandContext context)
        : base(context, "remove", "Stops torrents of the service and removes them, including stopped ones. Keeps their files unless --delete-data is given.") =>
        Options.Add(_deleteData);

    protected override IReadOnlyList<TorrentStatus> Candidates(ITorrentService service, Patron patron) =>
        [.. patron.Statuses.Concat(ServiceTorrents.Saved(service.States)).DistinctBy(status => status.InfoHash)];

    protected override Task<TorrentAnswer> ChangeAsync(Patron patron, TorrentStatus status, ParseResult parsed, CancellationToken cancellationToken) =>
        patron.RemoveAsync(ServiceTorrents.IdOf(status), parsed.GetValue(_deleteData), cancellationToken);

    protected override string Describe(ChangeReport report) => report.FilesDeleted == 0
        ? $"Removed: {report.Torrent}"
        : $"Removed: {report.Torrent} ({(report.FilesDeleted == 1 ? "1 file" : $"{report.FilesDeleted} files")}, {ByteSize.Format(report.BytesDeleted)})";
}
