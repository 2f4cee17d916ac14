using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// A torrent's files on disk, once its metadata is known: the claim to their paths, write permissions, checks and moves. The host
/// calls it one call at a time.
/// </summary>
internal sealed class TorrentContent : IAsyncDisposable
{
    private readonly EngineResources _engine;
    private readonly DiskWorkers _workers;
    private readonly TorrentLedger _ledger;
    private TorrentCheck? _check; // null until there is one to be done
    private TorrentMove? _move; // likewise

    /// <summary>Creates the layout; touches nothing on disk.</summary>
    /// <param name="engine">The disk threads and open files.</param>
    /// <param name="metainfo">The torrent.</param>
    /// <param name="command">The start command.</param>
    /// <param name="ledger">Records the state of the files.</param>
    public TorrentContent(EngineResources engine, TorrentMetainfo metainfo, CreateNewTorrent command, TorrentLedger ledger)
    {
        _engine = engine;
        _workers = engine.DiskWorkers;
        _ledger = ledger;
        Metainfo = metainfo;
        Storage = new TorrentStorage(new FileLayout(metainfo, command.Destination), engine.Files);
        Claim = new PathClaim(metainfo.TorrentId, metainfo.Name, command.ResumeStore, PathTable.Process);
        Files = () => FilesWanting(_ledger.Choices.FilePriorities);
    }

    /// <summary>The torrent.</summary>
    public TorrentMetainfo Metainfo { get; }

    /// <summary>Its files.</summary>
    public TorrentStorage Storage { get; }

    /// <summary>The claim to its paths.</summary>
    public PathClaim Claim { get; }

    /// <summary>Checks the files.</summary>
    public TorrentCheck Check => _check ??= new TorrentCheck(Metainfo, Storage, _engine, _ledger);

    /// <summary>Reuses data from elsewhere on this machine.</summary>
    public TorrentReuse Reuse => new(Metainfo, Storage, _engine, _ledger);

    /// <summary>Moves the files.</summary>
    public TorrentMove Move => _move ??= new TorrentMove(Metainfo, Storage, _workers, _ledger, Claim, Files);

    /// <summary>Returns the state of the files.</summary>
    public Func<TorrentFiles> Files { get; }

    /// <summary>Snapshots of the files.</summary>
    public IReadOnlyList<FileSnapshot> Snapshot() => FileSnapshots.Make(
        Metainfo, Storage.Layout, _ledger.Work.Verified(), _ledger.Choices.FilePriorities, _ledger.Origin, Storage.Apart);

    /// <summary>Inspects the disk and prepares the torrent's folder.</summary>
    /// <param name="data">The saved resume data; null if there is none.</param>
    /// <param name="recheck">Whether to hash everything.</param>
    /// <param name="choices">The wanted files and the space to keep free.</param>
    /// <exception cref="StorageException">
    /// The destination cannot be written or is too full, or another torrent has one of the paths.
    /// </exception>
    /// <param name="isDestinationSaved">Whether the destination comes from saved state rather than from the user.</param>
    public ValueTask<StartPlan> PlanAsync(ResumeData? data, bool recheck, TorrentChoices choices, bool isDestinationSaved) => _workers.ContinueAsync(() =>
    {
        if (data is { MovingTo: not null })
            Move.TakeBack(data);
        return StartPlan.Make(Storage, Claim, data, recheck, choices, isDestinationSaved);
    });

    /// <summary>Inspects the disk again after a suspension or failure, and prepares the torrent's folder.</summary>
    /// <exception cref="StorageException">
    /// The destination cannot be written or is too full, or another torrent has one of the paths.
    /// </exception>
    public Task<StartPlan> PlanAgainAsync()
    {
        IWork work = _ledger.Work;
        // If files were lost, the data there now may be anything.
        bool isAllDoubtful = _ledger.Error?.Id == TorrentErrorId.DiskReadFailed;
        Bitfield verified = work.Verified();
        return _workers.RunAsync(() => StartPlan.MakeAgain(
            Storage, Claim, _ledger.Origin, verified, _ledger.Unchecked, isAllDoubtful, _ledger.Choices, work.Unfinished()));
    }

    /// <summary>The pieces that can be on disk at all, and the blocks of unfinished pieces that can.</summary>
    public Task<(Bitfield Pieces, IReadOnlyList<UnfinishedPiece> Unfinished)> FindPossibleAsync() => _workers.RunAsync(
        () => (Storage.FindPossiblePieces(), Storage.PossibleBlocks(_ledger.Work.Unfinished(), Storage.Stamps())));

    /// <summary>Prepares a change of wanted files.</summary>
    /// <param name="priorities">Priority of each file.</param>
    /// <exception cref="StorageException">
    /// The destination cannot be written or is too full, or another torrent has one of the paths.
    /// </exception>
    public async Task PrepareAsync(IReadOnlyList<FilePriority> priorities)
    {
        try
        {
            Claim.Follow(() => FilesWanting(priorities));
            await _workers.RunAsync(() => Prepare(priorities)).ConfigureAwait(false);
        }
        catch (StorageException)
        {
            Claim.Follow(Files);
            throw;
        }
    }

    /// <summary>
    /// Decides which files may be written, now that the verified pieces are known. Called while the work is closed.
    /// </summary>
    /// <returns>Why the torrent cannot go on, or null.</returns>
    public Task<TorrentError?> DecideWritesAsync() => _workers.RunAsync(() =>
    {
        try
        {
            Bitfield verified = _ledger.Work.Verified();
            int count = verified.Count;
            WriteRules.Apply(Storage, Claim, _ledger.Choices.FilePriorities, _ledger.Origin, verified, _ledger.Choices.SeedOnly);
            if (verified.Count != count)
                _ledger.Work.Reset(verified);
            Storage.MoveParts();
            return null;
        }
        catch (StorageException e)
        {
            return e.Error;
        }
    });

    /// <summary>Records that the files on disk existed before the torrent.</summary>
    public async Task NoteOriginAsync() => _ledger.Origin ??= await _workers
        .RunAsync(() => DataOrigin.Look(Storage.Layout, Storage.Stamps())).ConfigureAwait(false);

    /// <summary>
    /// Creates the torrent's links and sets the attributes of complete files; does nothing if the torrent only seeds.
    /// </summary>
    /// <returns>The first failure, if it is new; else null.</returns>
    public async Task<TorrentError?> SetAttributesAsync()
    {
        if (_ledger.Choices.SeedOnly || !(Storage.Layout.HasLinks || Storage.Layout.HasAttributes))
            return null;
        TorrentError? before = Storage.AttributeWarning;
        IReadOnlyList<FilePriority> priorities = _ledger.Choices.FilePriorities;
        await _workers.RunAsync(() =>
        {
            Storage.MakeLinks(file => priorities.Count != Metainfo.Files.Count || priorities[file] != FilePriority.Skip);
            Storage.SetAttributes(_ledger.Work.Has);
        }).ConfigureAwait(false);
        return Storage.AttributeWarning is { } warning && warning != before ? warning : null;
    }

    /// <summary>Deletes the parts of skipped files and, if wanted, the torrent's own files.</summary>
    public Task<ErasedData> EraseAsync(bool deleteData) => _workers.RunAsync(() =>
    {
        ErasedData erased = deleteData ? TorrentData.Erase(Files(), Claim) : ErasedData.Nothing;
        Storage.DeleteParts();
        return erased;
    });

    /// <summary>Cancels a move and a check in progress.</summary>
    public async Task InterruptAsync()
    {
        // The move first: its end may start a check.
        if (_move is not null)
            await _move.CancelAsync().ConfigureAwait(false);
        if (_check is not null)
            await _check.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Closes the files; they are reopened when needed.</summary>
    public Task CloseFilesAsync() => _workers.RunAsync(Storage.CloseFiles);

    /// <summary>Closes the files for writing; they are reopened when needed.</summary>
    public Task EndWritingAsync() => _workers.RunAsync(Storage.EndWriting);

    /// <summary>Closes the files but keeps their paths claimed until the state is saved.</summary>
    public async ValueTask DisposeAsync()
    {
        _check?.Dispose();
        _move?.Dispose();
        await _workers.RunAsync(Storage.Dispose).ConfigureAwait(false);
    }

    /// <summary>The state of the files with other priorities.</summary>
    /// <param name="priorities">Priority of each file; empty means all normal.</param>
    private TorrentFiles FilesWanting(IReadOnlyList<FilePriority> priorities) =>
        Claim.FilesOf(Storage.Layout, priorities, _ledger.Origin, _ledger.Work.Verified(), Storage.Apart, _ledger.Unchecked);

    private void Prepare(IReadOnlyList<FilePriority> priorities)
    {
        Bitfield verified = _ledger.Work.Verified();
        // The decision about unchecked pieces is made after the check.
        if (_ledger.Unchecked is null)
            WriteRules.Apply(Storage, Claim, priorities, _ledger.Origin, verified, _ledger.Choices.SeedOnly);
        if (!_ledger.Choices.SeedOnly)
            Storage.Prepare(verified, priorities, Storage.Stamps(), _ledger.Choices.MinimumFreeSpace);
        if (_ledger.Unchecked is null)
            Storage.MoveParts();
    }
}
