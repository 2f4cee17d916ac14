using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>Takes over what other torrents of the engine, and folders that its user has named, have of a torrent, before it is fetched.</summary>
internal sealed class TorrentReuse(TorrentMetainfo metainfo, TorrentStorage storage, EngineResources engine, TorrentLedger ledger)
{
    /// <summary>Looks for the data and takes it over. What is begun is noted first, so that what a kill leaves half done is hashed by the next start.</summary>
    /// <param name="reuse">Where to look.</param>
    /// <param name="sources">The files of other torrents; those of folders are added.</param>
    /// <param name="save">Saves the torrent's state.</param>
    /// <param name="warn">Takes why a folder is not looked through.</param>
    /// <param name="cancellationToken">Ends it soon.</param>
    /// <returns>The good pieces.</returns>
    /// <exception cref="StorageException">The torrent's files cannot be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
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
