using TorrentPatron.Engine.Storage;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Service.Errors;
using TorrentPatron.Service.Sources;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Checks the data that a folder has for torrents that are not started.</summary>
/// <param name="output">Receives the results.</param>
/// <param name="time">The clock.</param>
internal sealed class DataChecker(ICommandOutput output, TimeProvider time)
{
    /// <summary>Checks one torrent, and writes whether its data is complete, or details.</summary>
    /// <param name="torrent">The path of the .torrent file.</param>
    /// <param name="given">The path as the user gave it.</param>
    /// <param name="data">The folder or file to look in.</param>
    /// <param name="detailed">Whether to write details.</param>
    /// <param name="cancellationToken">Cancels the check.</param>
    public async Task CheckAsync(string torrent, string given, string data, bool detailed, CancellationToken cancellationToken)
    {
        CommandFailure failure;
        try
        {
            TorrentMetainfo metainfo = await new SourceReader(time).ReadAsync(TorrentSource.FromFile(torrent), cancellationToken).ConfigureAwait(false);
            DataMatch match = await MatchAsync(metainfo, data, cancellationToken).ConfigureAwait(false);
            await output.EmitAsync(detailed ? new TorrentDataCheck(match) : match.IsComplete).ConfigureAwait(false);
            return;
        }
        catch (TorrentException fault)
        {
            failure = new CommandFailure(fault.Error, given, fault);
        }
        catch (StorageException fault)
        {
            failure = new CommandFailure(fault.Error, given, fault);
        }

        await output.FailAsync(failure).ConfigureAwait(false);
    }

    private async Task<DataMatch> MatchAsync(TorrentMetainfo metainfo, string data, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var latest = new LatestProgress();
        Task<DataMatch> matching = DataMatcher.MatchAsync(metainfo, data, latest, ending.Token);
        try
        {
            await new DelayedProgress(output, time)
                .ShowUntilAsync(matching, () => latest.Note($"Checking the data of {metainfo.Name}"), ending.Token).ConfigureAwait(false);
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)matching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await matching.ConfigureAwait(false);
    }

    /// <summary>Keeps the latest progress; several threads report it, and it is read a few times a second.</summary>
    private sealed class LatestProgress : IProgress<DataMatchProgress>
    {
        private volatile DataMatchProgress? _latest;

        public void Report(DataMatchProgress value) => _latest = value;

        public ProgressNote Note(string activity) => _latest is { BytesTotal: > 0 } latest
            ? new ProgressNote(
                activity, $"{HumanText.Size(latest.BytesDone)} of {HumanText.Size(latest.BytesTotal)}",
                (int)Math.Min(100, 100.0 * latest.BytesDone / latest.BytesTotal), null)
            : new ProgressNote(activity, "Looking for files", -1, null);
    }
}
