using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Diagnostics;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Moves one torrent's files to another folder while the torrent is out of its swarm. Called one at a time, like the host.
/// </summary>
/// <param name="metainfo">The torrent.</param>
/// <param name="storage">Its files.</param>
/// <param name="workers">The disk threads.</param>
/// <param name="ledger">Records the move.</param>
/// <param name="claim">The claim to the files' paths.</param>
/// <param name="files">Returns the state of the files.</param>
internal sealed class TorrentMove(
    TorrentMetainfo metainfo, TorrentStorage storage, DiskWorkers workers, TorrentLedger ledger, PathClaim claim, Func<TorrentFiles> files) : IDisposable
{
    private readonly InterruptibleWork<TorrentError> _work = new();

    /// <summary>Starts a move; nothing else may touch the files meanwhile.</summary>
    /// <param name="to">The new layout.</param>
    /// <param name="whenOver">Called at the end, with the error if the move failed. Not called if the move is cancelled.</param>
    /// <returns>Why the files are still at the old place, or null, after <paramref name="whenOver"/> has completed.</returns>
    public Task<TorrentError?> Begin(FileLayout to, Func<TorrentError?, Task> whenOver) =>
        _work.Begin(cancellation => RunAsync(to, whenOver, cancellation));

    /// <summary>Cancels the move in progress, if any; the files are then at the old place.</summary>
    public Task CancelAsync() => _work.CancelAsync();

    /// <summary>Repairs a move that was interrupted when the process was killed. Blocks on the disk.</summary>
    /// <param name="saved">The data saved then.</param>
    public void TakeBack(ResumeData saved)
    {
        if (saved.MovingTo is not null)
        {
            var from = new FileLayout(metainfo, saved.Destination);
            Bitfield? apart = saved.Apart?.Length == from.Files.Count ? saved.Apart : null;
            var to = new FileLayout(metainfo, saved.MovingTo);
            TorrentLinks.TakeBack(from, to);
            Mover(from, to, apart).TakeBack();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _work.Dispose();

    private DataMover Mover(FileLayout from, FileLayout to, Bitfield? apart) => new(from, to, metainfo.TorrentId, workers, apart)
    {
        Waits = path => ledger.MoveWarning = StorageErrors.Held(path, isOver: false),
    };

    private async Task<TorrentError?> RunAsync(FileLayout to, Func<TorrentError?, Task> whenOver, CancellationToken cancellationToken)
    {
        TorrentError? error = null;
        try
        {
            FileLayout from = storage.Layout;
            DataOrigin there = await workers.RunAsync(
                () =>
                {
                    claim.TakeForMove(files(), to);
                    return DataOrigin.Look(to, []);
                },
                cancellationToken).ConfigureAwait(false);
            DataMover mover = Mover(from, to, storage.Apart);
            ledger.MoveWarning = null;
            await mover.MoveAsync(ledger.Choices.MinimumFreeSpace, share => ledger.MovedShare = share, cancellationToken).ConfigureAwait(false);
            ledger.MoveWarning = mover.LeftBehind is { Count: > 0 } left ? StorageErrors.LeftBehind(left) : null;
            DataOrigin? origin = ledger.Origin;
            await workers.RunAsync(() =>
            {
                storage.Relocate(to);
                if (TorrentLinks.Move(from, to) is { Count: > 0 } links)
                    ledger.MoveWarning ??= StorageErrors.LinksLeft(links);
                TorrentData.EraseFolders(from, origin);
            }, CancellationToken.None).ConfigureAwait(false);
            ledger.Origin = origin is null ? null : origin with { FoldersBefore = there.FoldersBefore };
        }
        catch (OperationCanceledException)
        {
            ledger.MovingTo = null;
            return HostErrors.MoveInterrupted(metainfo.Name);
        }
        catch (StorageException e)
        {
            error = e.Error;
            EngineEvents.Log.DiskError(metainfo.TorrentId, error);
        }
#pragma warning disable CA1031 // The root of a move: whatever it is, the torrent goes on where its files are.
        catch (Exception e)
#pragma warning restore CA1031
        {
            EngineEvents.Log.FaultCaught(metainfo.TorrentId, "move", e);
            error = FaultHandler.ToError(e);
        }
        finally
        {
            await workers.RunAsync(() => claim.Keep(storage.Layout), CancellationToken.None).ConfigureAwait(false);
        }

        ledger.MovingTo = null;
        if (ledger.MoveWarning?.Id == TorrentErrorId.FileInUse)
            ledger.MoveWarning = null;
        await whenOver(error).ConfigureAwait(false);
        return error;
    }
}
