using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// Reuses a torrent's data from other torrents of the engine, and from folders that the user named, before downloading.
/// </summary>
internal sealed class TorrentReuse(TorrentMetainfo metainfo, TorrentStorage storage, EngineResources engine, TorrentLedger ledger)
{
    /// <summary>
    /// Finds and reuses the data. Each step is recorded first, so that the next start hashes what a kill left unfinished.
    /// </summary>
    /// <param name="reuse">Where to look.</param>
    /// <param name="sources">The files of other torrents; those in folders are added.</param>
    /// <param name="save">Saves the torrent's state.</param>
    /// <param name="warn">Takes the reason if a folder is not searched.</param>
    /// <param name="cancellationToken">Ends the reuse soon.</param>
    /// <returns>The good pieces.</returns>
    /// <exception cref="StorageException">The torrent's files cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The reuse was cancelled.</exception>
    public async Task<Bitfield> RunAsync(
        DataReuse reuse, ReuseSources sources, Func<Task> save, Action<TorrentError> warn, CancellationToken cancellationToken)
    {
        foreach (string folder in reuse.Folders)
        {
            try
            {
                sources.Add(await engine.DiskWorkers.RunAsync(() => FoundFiles.Find(folder, cancellationToken), cancellationToken).ConfigureAwait(false));
            }
            catch (StorageException e)
            {
                warn(e.Error);
            }
        }

        var nothing = new Bitfield(metainfo.PieceCount);
        if (sources.IsEmpty)
            return nothing;
        IReadOnlyList<FilePriority> priorities = ledger.Choices.FilePriorities;
        var reuser = new DataReuser(metainfo, storage, engine.DiskWorkers, sources, reuse.By, ledger.Work.Verified(), cancellationToken);
        Bitfield pieces = await reuser
            .FindAsync(file => priorities.Count != metainfo.Files.Count || priorities[file] != FilePriority.Skip).ConfigureAwait(false);
        if (pieces.IsEmpty)
            return nothing;
        ledger.BeginCheck(pieces);
        await save().ConfigureAwait(false);
        return await reuser.RunAsync((piece, isGood) => ledger.PieceReused(isGood ? metainfo.PieceSize(piece) : 0)).ConfigureAwait(false);
    }
}
