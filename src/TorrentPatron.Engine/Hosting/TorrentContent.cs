using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Shared;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Hosting;

/// <summary>
/// A torrent's files on disk, once it is known what is in it: the claim to their paths, what may be written, checks and moves. The host
/// calls it one at a time.
/// </summary>
internal sealed class TorrentContent : IAsyncDisposable
{
    private readonly EngineResources _engine;
    private readonly DiskWorkers _workers;
    private readonly TorrentLedger _ledger;
    private TorrentCheck? _check; // null until there is one to be done
    private TorrentMove? _move; // likewise

    /// <summary>Lays the torrent out; touches nothing.</summary>
    /// <param name="engine">The disk threads and open files.</param>
    /// <param name="metainfo">What is in the torrent.</param>
    /// <param name="command">The start.</param>
    /// <param name="ledger">Where it is written down how the files stand.</param>
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

    /// <summary>What is in the torrent.</summary>
    public TorrentMetainfo Metainfo { get; }

    /// <summary>Its files.</summary>
    public TorrentStorage Storage { get; }

    /// <summary>Its claim to their paths.</summary>
    public PathClaim Claim { get; }

    /// <summary>What hashes them.</summary>
    public TorrentCheck Check => _check ??= new TorrentCheck(Metainfo, Storage, _engine, _ledger);

    /// <summary>What takes over data that is elsewhere on this machine.</summary>
    public TorrentReuse Reuse => new(Metainfo, Storage, _engine, _ledger);

    /// <summary>What takes them elsewhere.</summary>
    public TorrentMove Move => _move ??= new TorrentMove(Metainfo, Storage, _workers, _ledger, Claim, Files);

    /// <summary>Tells how the files stand.</summary>
    public Func<TorrentFiles> Files { get; }

    /// <summary>The files as people see them.</summary>
    public IReadOnlyList<FileSnapshot> Snapshot() => FileSnapshots.Make(
        Metainfo, Storage.Layout, _ledger.Work.Verified(), _ledger.Choices.FilePriorities, _ledger.Origin, Storage.Apart);

    /// <summary>Looks at the disk, and makes the torrent's place ready.</summary>
    /// <param name="data">What was saved; null: nothing.</param>
    /// <param name="recheck">Whether everything is to be hashed.</param>
    /// <param name="choices">Which files are wanted, and how much must stay free.</param>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room; or a path is not the torrent's.</exception>
    /// <param name="isDestinationSaved">Whether the destination is what was saved, and nobody has given it now.</param>
    public Task<StartPlan> PlanAsync(ResumeData? data, bool recheck, TorrentChoices choices, bool isDestinationSaved) => _workers.RunAsync(() =>
    {
        if (data is { MovingTo: not null })
            Move.TakeBack(data);
        return StartPlan.Make(Storage, Claim, data, recheck, choices, isDestinationSaved);
    });

    /// <summary>Looks at the disk again where the torrent has rested or failed, and makes its place ready.</summary>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room; or a path is not the torrent's.</exception>
    public Task<StartPlan> PlanAgainAsync()
    {
        IWork work = _ledger.Work;
        // Where files were lost, what is there now may be anything.
        bool isAllDoubtful = _ledger.Error?.Id == TorrentErrorId.DiskReadFailed;
        Bitfield verified = work.Verified();
        return _workers.RunAsync(() => StartPlan.MakeAgain(
            Storage, Claim, _ledger.Origin, verified, _ledger.Unchecked, isAllDoubtful, _ledger.Choices, work.Unfinished()));
    }

    /// <summary>The pieces that can be on disk at all, and of the unfinished ones the blocks that can.</summary>
    public Task<(Bitfield Pieces, IReadOnlyList<UnfinishedPiece> Unfinished)> FindPossibleAsync() => _workers.RunAsync(
        () => (Storage.FindPossiblePieces(), Storage.PossibleBlocks(_ledger.Work.Unfinished(), Storage.Stamps())));

    /// <summary>Makes ready for other files to be wanted.</summary>
    /// <param name="priorities">Priority of each file.</param>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room; or a path is not the torrent's.</exception>
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

    /// <summary>Decides which files may be written, now that it is known which pieces are here. The work is closed.</summary>
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

    /// <summary>Notes that what is on disk now was there before the torrent, whatever comes of it.</summary>
    public async Task NoteOriginAsync() => _ledger.Origin ??= await _workers
        .RunAsync(() => DataOrigin.Look(Storage.Layout, Storage.Stamps())).ConfigureAwait(false);

    /// <summary>Makes the torrent's links, and gives files that are whole what the torrent says of them; nothing where it is only seeded.</summary>
    /// <returns>What could not be done, where that is new; else null.</returns>
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

    /// <summary>Deletes the bytes of skipped files and, where that is wanted, the files that are the torrent's own.</summary>
    public Task<ErasedData> EraseAsync(bool deleteData) => _workers.RunAsync(() =>
    {
        ErasedData erased = deleteData ? TorrentData.Erase(Files(), Claim) : ErasedData.Nothing;
        Storage.DeleteParts();
        return erased;
    });

    /// <summary>Ends a move and a check that are under way.</summary>
    public async Task InterruptAsync()
    {
        // The move first: what comes behind it may be a check.
        if (_move is not null)
            await _move.CancelAsync().ConfigureAwait(false);
        if (_check is not null)
            await _check.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Closes the files; they are opened again as they are needed.</summary>
    public Task CloseFilesAsync() => _workers.RunAsync(Storage.CloseFiles);

    /// <summary>Closes the files for writing; they are opened again as they are needed.</summary>
    public Task EndWritingAsync() => _workers.RunAsync(Storage.EndWriting);

    /// <summary>Lets go of the files, but not yet of their paths: what is saved must speak for the torrent first.</summary>
    public async ValueTask DisposeAsync()
    {
        _check?.Dispose();
        _move?.Dispose();
        await _workers.RunAsync(Storage.Dispose).ConfigureAwait(false);
    }

    /// <summary>How the files would stand with other priorities.</summary>
    /// <param name="priorities">Priority of each file; empty: all normal.</param>
    private TorrentFiles FilesWanting(IReadOnlyList<FilePriority> priorities) =>
        Claim.FilesOf(Storage.Layout, priorities, _ledger.Origin, _ledger.Work.Verified(), Storage.Apart, _ledger.Unchecked);

    private void Prepare(IReadOnlyList<FilePriority> priorities)
    {
        Bitfield verified = _ledger.Work.Verified();
        // What a check is still to look at is decided on when it is over.
        if (_ledger.Unchecked is null)
            WriteRules.Apply(Storage, Claim, priorities, _ledger.Origin, verified, _ledger.Choices.SeedOnly);
        if (!_ledger.Choices.SeedOnly)
            Storage.Prepare(verified, priorities, Storage.Stamps(), _ledger.Choices.MinimumFreeSpace);
        if (_ledger.Unchecked is null)
            Storage.MoveParts();
    }
}
