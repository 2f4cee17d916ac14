using TorrentPatron.Engine.Client;
using TorrentPatron.Engine.Storage;
using TorrentPatron.Engine.Swarms;
using TorrentPatron.Protocol.Metainfo;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.MonoTorrent.Storage;

/// <summary>
/// One torrent on disk, its files and its saved state, as the built-in engine has them: whichever engine runs, the files lie at the
/// same paths, nothing is written through a link, and what is saved by one is understood by the other.
/// </summary>
internal sealed class TorrentDisk : IAsyncDisposable
{
    private readonly TorrentMetainfo _metainfo;
    private readonly DiskWorkers _workers;
    private readonly ResumeKeeper _keeper;
    private readonly FreeSpaceWatch _freeSpace = new();

    /// <summary>Lays the torrent out; touches nothing.</summary>
    /// <param name="metainfo">What is in it.</param>
    /// <param name="command">What is started.</param>
    /// <param name="host">The threads and open files.</param>
    /// <param name="saveWarningChanged">Called when <see cref="SaveWarning"/> has changed, on any thread without a lock.</param>
    public TorrentDisk(TorrentMetainfo metainfo, CreateNewTorrent command, HostResources host, Action<TorrentError?> saveWarningChanged)
    {
        _metainfo = metainfo;
        _workers = host.Workers;
        Storage = new TorrentStorage(new FileLayout(_metainfo, command.Destination), host.Files);
        Claim = new PathClaim(_metainfo.InfoHash, _metainfo.Name, command.ResumeStore, PathTable.Process);
        _keeper = new ResumeKeeper(
            command.ResumeStore, Storage, host.Workers, _metainfo.PieceCount, host.Time, Random.Shared, saveWarningChanged);
    }

    /// <summary>The files.</summary>
    public TorrentStorage Storage { get; }

    /// <summary>The claim to the files' paths.</summary>
    public PathClaim Claim { get; }

    /// <summary>Which of the torrent's bytes lie in which file.</summary>
    public FileLayout Layout => Storage.Layout;

    /// <summary>Whether the state should be saved.</summary>
    /// <param name="totals">The torrent's totals now.</param>
    public bool IsSaveDue(TransferTotals totals) => _keeper.IsDue(totals);

    /// <summary>Why the state could not be saved when that was last tried; null: it was saved, or not tried yet.</summary>
    public TorrentError? SaveWarning => _keeper.Warning;

    /// <summary>What was saved, and what was wrong with it.</summary>
    public Task<(ResumeData? Data, TorrentError? Warning)> LoadAsync() => _keeper.LoadAsync();

    /// <summary>Makes the torrent's place ready, and says what of it can be believed.</summary>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room; or a path is not the torrent's.</exception>
    public Task<StartPlan> PlanAsync(ResumeData? saved, bool recheck, TorrentChoices choices) =>
        _workers.RunAsync(() => StartPlan.Make(Storage, Claim, saved, recheck, choices));

    /// <summary>Makes the torrent's place ready for other files.</summary>
    /// <param name="files">How the files stand where they are wanted.</param>
    /// <param name="priorities">Priority of each file.</param>
    /// <param name="choices">What else has been chosen.</param>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room; or a path is not the torrent's.</exception>
    public Task PrepareAsync(TorrentFiles files, IReadOnlyList<FilePriority> priorities, TorrentChoices choices) => _workers.RunAsync(() =>
    {
        // What a check is still to look at is decided on when it is over.
        if (files.Unchecked is null)
            WriteRules.Apply(Storage, Claim, priorities, files.Origin, files.Verified, choices.SeedOnly);
        if (!choices.SeedOnly)
            Storage.Prepare(files.Verified, priorities, Storage.Stamps(), choices.MinimumFreeSpace);
        if (files.Unchecked is null)
            Storage.MoveParts();
    });

    /// <summary>Decides which files may be written, now that it is known which pieces are here. Nobody reads or writes.</summary>
    /// <param name="files">How the files stand.</param>
    /// <param name="choices">What has been chosen.</param>
    /// <returns>The pieces that are here, where the files are to be.</returns>
    /// <exception cref="StorageException">Something must be written that may not be.</exception>
    public Task<Bitfield> DecideWritesAsync(TorrentFiles files, TorrentChoices choices) => _workers.RunAsync(() =>
    {
        WriteRules.Apply(Storage, Claim, choices.FilePriorities, files.Origin, files.Verified, choices.SeedOnly);
        Storage.MoveParts();
        return files.Verified;
    });

    /// <summary>Makes the torrent's place ready again, after a rest or a failure.</summary>
    /// <param name="verified">The pieces that counted as there.</param>
    /// <param name="unchecked">Those of a check that was not finished; null: there was none.</param>
    /// <param name="isAllDoubtful">Whether files were lost, so that what is there now may be anything.</param>
    /// <param name="choices">Which files are wanted, and how much must stay free.</param>
    /// <param name="origin">Where the files are from; null: that is not known.</param>
    /// <returns>What is to be believed and checked now.</returns>
    /// <exception cref="StorageException">The destination cannot be written, or has too little room; or a path is not the torrent's.</exception>
    public Task<StartPlan> PlanAgainAsync(
        Bitfield verified, Bitfield? @unchecked, bool isAllDoubtful, TorrentChoices choices, DataOrigin? origin) =>
        _workers.RunAsync(() => StartPlan.MakeAgain(Storage, Claim, origin, verified, @unchecked, isAllDoubtful, choices, unfinished: []));

    /// <summary>Puts right what a move has left half done that was under way when the process was killed.</summary>
    public Task TakeBackAsync(SwarmMove move, ResumeData saved) => _workers.RunAsync(() => move.TakeBack(saved));

    /// <summary>What takes the files elsewhere.</summary>
    /// <param name="record">Where that is written down.</param>
    /// <param name="files">Tells how the files stand.</param>
    public SwarmMove MakeMove(IMoveRecord record, Func<TorrentFiles> files) => new(_metainfo, Storage, _workers, record, Claim, files);

    /// <summary>Deletes the files that are the torrent's own.</summary>
    /// <param name="files">How the files stand.</param>
    public Task<ErasedData> EraseAsync(TorrentFiles files) => _workers.RunAsync(() => TorrentData.Erase(files, Claim));

    /// <summary>Deletes the bytes of skipped files.</summary>
    public Task ErasePartsAsync() => _workers.RunAsync(Storage.DeleteParts);

    /// <summary>Deletes what is saved.</summary>
    public Task DiscardAsync() => _keeper.DiscardAsync();

    /// <summary>Looks whether the files that should be whole are there.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    public TorrentError? FindLoss(Bitfield verified) => Storage.FindLoss(verified)?.Error;

    /// <summary>The pieces that can be on disk at all.</summary>
    public Task<Bitfield> PossiblePiecesAsync() => _workers.RunAsync(Storage.FindPossiblePieces);

    /// <summary>Hashes pieces.</summary>
    /// <param name="pieces">Which.</param>
    /// <param name="onPiece">Is told of each, on several threads.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The good ones.</returns>
    /// <exception cref="StorageException">A file cannot be read.</exception>
    public Task<Bitfield> CheckAsync(Bitfield pieces, Action onPiece, CancellationToken cancellationToken) =>
        new PieceChecker(Storage, _metainfo, _workers).CheckAsync(pieces, (_, _) => onPiece(), cancellationToken);

    /// <summary>Notes a piece that is written and verified; the note is on its way when this returns.</summary>
    /// <param name="piece">Index of the piece.</param>
    /// <param name="keepFree">Bytes that must stay free on the disk.</param>
    /// <returns>Why no more may be written, or null.</returns>
    public Task<TorrentError?> PieceVerifiedAsync(int piece, long keepFree) => _workers.RunAsync(() =>
    {
        _keeper.PieceVerified(piece);
        lock (_freeSpace)
            return _freeSpace.Written(Layout.PieceSize(piece), Layout.Destination, keepFree);
    });

    /// <summary>Saves everything.</summary>
    public Task SaveAsync(Func<ResumeData> make) => _keeper.CheckpointAsync(make);

    /// <summary>Completes when what is on its way to the disk now is there.</summary>
    public Task DrainAsync() => _workers.DrainAsync();

    /// <summary>Closes the files; they are opened again as they are needed.</summary>
    public Task CloseFilesAsync() => _workers.RunAsync(Storage.CloseFiles);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _workers.RunAsync(Storage.Dispose).ConfigureAwait(false);
        await _keeper.DisposeAsync().ConfigureAwait(false);
        // Last: what is saved speaks for the torrent from now on.
        Claim.Dispose();
    }
}
