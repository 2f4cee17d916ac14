using TorrentPatron.Engine.Storage;
using TorrentPatron.PowerShell.Output;
using TorrentPatron.Protocol;

namespace TorrentPatron.PowerShell.Torrents;

/// <summary>Makes .torrent files.</summary>
/// <param name="output">Receives the results.</param>
/// <param name="time">The clock.</param>
internal sealed class TorrentAuthor(ICommandOutput output, TimeProvider time)
{
    /// <summary>Makes and writes a .torrent file for a file or folder, and outputs it.</summary>
    /// <param name="path">Absolute path of the file or folder.</param>
    /// <param name="given">The path as the user gave it.</param>
    /// <param name="writer">Writes the .torrent file.</param>
    /// <param name="options">The options of the torrent.</param>
    /// <param name="cancellationToken">Cancels the work; no partial file is left.</param>
    public async Task MakeAsync(
        string path, string given, TorrentFileWriter writer, TorrentMakerOptions options, CancellationToken cancellationToken)
    {
        // Reported before hours of hashing.
        string file = writer.FileOf(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)));
        if (writer.FindObstacle(file) is { } early)
        {
            await output.FailAsync(new CommandFailure(early, given)).ConfigureAwait(false);
            return;
        }

        if (!await output.ShouldProcessAsync(DisplayText.Clean(file), $"Make torrent of '{DisplayText.Clean(path)}'").ConfigureAwait(false))
            return;

        CommandFailure failure;
        try
        {
            byte[] torrent = await HashAsync(path, options, cancellationToken).ConfigureAwait(false);
            if (await writer.WriteAsync(file, torrent, cancellationToken).ConfigureAwait(false) is not { } error)
            {
                await output.EmitFileAsync(file).ConfigureAwait(false);
                return;
            }

            failure = new CommandFailure(error, given);
        }
        catch (StorageException fault)
        {
            failure = new CommandFailure(fault.Error, given, fault);
        }
        catch (ArgumentException fault)
        {
            // Without the name of the parameter, which means nothing to a user.
            failure = new CommandFailure(CommandErrors.NoTorrent(fault.Message.Split(" (Parameter", 2)[0]), given, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            failure = new CommandFailure(CommandErrors.NotWritable(file, fault.Message), given, fault);
        }

        await output.FailAsync(failure).ConfigureAwait(false);
    }

    private async Task<byte[]> HashAsync(string path, TorrentMakerOptions options, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var latest = new LatestProgress();
        Task<byte[]> making = TorrentMaker.MakeAsync(path, options, latest, ending.Token);
        string activity = $"Hashing {DisplayText.Clean(Path.GetFileName(Path.TrimEndingDirectorySeparator(path)))}";
        try
        {
            await new DelayedProgress(output, time).ShowUntilAsync(making, () => latest.Note(activity), ending.Token).ConfigureAwait(false);
        }
        catch
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)making).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await making.ConfigureAwait(false);
    }

    /// <summary>Keeps the latest progress; several threads report it, and it is read a few times a second.</summary>
    private sealed class LatestProgress : IProgress<TorrentMakerProgress>
    {
        private long _done;
        private long _total;

        public void Report(TorrentMakerProgress value)
        {
            Volatile.Write(ref _total, value.BytesTotal);
            Volatile.Write(ref _done, value.BytesDone);
        }

        public ProgressNote Note(string activity)
        {
            long total = Volatile.Read(ref _total);
            long done = Math.Min(Volatile.Read(ref _done), total);
            return total == 0
                ? new ProgressNote(activity, "Looking for files", -1, null)
                : new ProgressNote(activity, $"{HumanText.Size(done)} of {HumanText.Size(total)}", (int)(100.0 * done / total), null);
        }
    }
}
