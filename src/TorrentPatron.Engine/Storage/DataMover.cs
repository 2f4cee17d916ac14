using Microsoft.Win32.SafeHandles;
using TorrentPatron.Protocol;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Moves a torrent's files to another folder: renames them within a volume; otherwise, also if another volume is mounted below
/// one of the folders, copies them and deletes the originals once all copies are complete. If it fails or is cancelled,
/// everything is as before; what a kill leaves unfinished, <see cref="TakeBack"/> repairs. Nobody else has the files open
/// meanwhile.
/// </summary>
/// <param name="from">The old layout.</param>
/// <param name="to">The new layout.</param>
/// <param name="torrent">The torrent.</param>
/// <param name="workers">The disk threads.</param>
/// <param name="apart">The files whose bytes are in the parts file, and move with it; null means none.</param>
internal sealed class DataMover(FileLayout from, FileLayout to, TorrentId torrent, DiskWorkers workers, Bitfield? apart)
{
    /// <summary>The error code of a rename to another volume on Windows.</summary>
    private const int NotSameDevice = unchecked((int)0x80070011);

    private readonly List<string> _madeFolders = [];
    private readonly List<string> _leftBehind = [];
    private IReadOnlyList<MovedFile> _files = [];

    /// <summary>Called with a file that another program has locked, for which the move waits.</summary>
    public Action<string> Waits { get; init; } = static _ => { };

    /// <summary>The files that were copied but could not be deleted at the old place.</summary>
    public IReadOnlyList<string> LeftBehind => _leftBehind;

    /// <summary>Moves the files.</summary>
    /// <param name="keepFree">Bytes that must stay free on the target volume.</param>
    /// <param name="progress">Called with the share done, 0 to 1, on a disk thread.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="StorageException">The move failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task MoveAsync(long keepFree, Action<double> progress, CancellationToken cancellationToken)
    {
        bool isSameVolume = await workers.RunAsync(Prepare, cancellationToken).ConfigureAwait(false);
        try
        {
            if (!isSameVolume || !await TryRenameAsync(progress, cancellationToken).ConfigureAwait(false))
                await CopyAsync(keepFree, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await workers.RunAsync(TakeBack, CancellationToken.None).ConfigureAwait(false);
            if (e is IOException or UnauthorizedAccessException or StorageException)
                throw StorageErrors.Move(e, to.Destination);
            throw;
        }
    }

    /// <summary>
    /// Reverts an unfinished move: files that are only at the new place, and copies. If a file is at both places, the copy is
    /// deleted if it is identical. Blocks on the disk.
    /// </summary>
    public void TakeBack()
    {
        foreach ((string old, string next, string copy) in MovePlan.Paths(from, to, torrent, apart))
        {
            try
            {
                TryDelete(to.Destination, copy);
                if (MovePlan.Find(to.Destination, next) is not { Kind: FileKind.Regular } moved)
                    continue;
                if (MovePlan.Find(from.Destination, old) is not { } left)
                {
                    GuardedFile.MakeTop(from.Destination);
                    GuardedFile.MakeFolder(from.Destination, Path.GetDirectoryName(old)!);
                    GuardedFile.Move(to.Destination, next, from.Destination, old, moved);
                }
                else if (left.Kind == FileKind.Regular && DiskFile.Stamp(old) == DiskFile.Stamp(next))
                {
                    GuardedFile.Delete(to.Destination, next, moved);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It stays where it is; the missing data at the old place is downloaded again.
            }
        }

        // The folders that were created for the move and are empty now.
        for (int i = _madeFolders.Count - 1; i >= 0; i--)
            TryDeleteFolder(_madeFolders[i]);
    }

    /// <returns>Whether both places are on one volume.</returns>
    private bool Prepare()
    {
        try
        {
            _files = MovePlan.Make(from, to, torrent, apart);
            MakeFolder(to.Destination);
            foreach (MovedFile file in _files)
                MakeFolder(Path.GetDirectoryName(file.To)!);
            return _files.Count == 0 || IsSameVolume();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StorageException)
        {
            for (int i = _madeFolders.Count - 1; i >= 0; i--)
                TryDeleteFolder(_madeFolders[i]);
            throw StorageErrors.Move(e, to.Destination);
        }
    }

    /// <summary>Creates a folder and its parents one by one, to know which ones are ours.</summary>
    private void MakeFolder(string folder)
    {
        var missing = new Stack<string>();
        for (string? at = folder; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
            missing.Push(at);
        foreach (string at in missing)
        {
            if (at.Length > to.Destination.Length)
                GuardedFile.MakeFolder(to.Destination, at);
            else
                GuardedFile.MakeTop(at);
            _madeFolders.Add(at);
        }
    }

    /// <summary>
    /// Whether both are on one volume. The only portable test is to try: a folder is never copied, only renamed.
    /// </summary>
    private bool IsSameVolume()
    {
        string probe = $".{Guid.NewGuid():N}.tmp";
        if (StorageRoots.Of(from.Destination) is not null || StorageRoots.Of(to.Destination) is not null)
            return IsSameVolume(Path.Combine(from.Destination, probe), Path.Combine(to.Destination, probe));
        string here = Path.Combine(from.Destination, probe);
        string there = Path.Combine(to.Destination, probe);
        Directory.CreateDirectory(here);
        try
        {
#pragma warning disable RS0030 // In the destinations themselves, whose paths their owner has chosen.
            Directory.Move(here, there);
#pragma warning restore RS0030
            GuardedFile.DeleteFolder(to.Destination, there);
            return true;
        }
        catch (IOException)
        {
            GuardedFile.DeleteFolder(from.Destination, here);
            return false;
        }
    }

    /// <summary>Tries it with a file, because below a root no link may be followed.</summary>
    private bool IsSameVolume(string here, string there)
    {
        GuardedFile.Open(from.Destination, here, FileMode.CreateNew, FileAccess.Write).Dispose();
        try
        {
            GuardedFile.Move(from.Destination, here, to.Destination, there);
            GuardedFile.Delete(to.Destination, there);
            return true;
        }
        catch (IOException e) when (e is not UnsafeFileException)
        {
            GuardedFile.Delete(from.Destination, here);
            return false;
        }
    }

    /// <returns>False if a file is, or will be, on a volume mounted below: then everything is as before.</returns>
    private async Task<bool> TryRenameAsync(Action<double> progress, CancellationToken cancellationToken)
    {
        try
        {
            await RenameAsync(progress, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (IOException e) when (e.HResult is PosixFiles.Exdev or NotSameDevice)
        {
            await workers.RunAsync(TakeBack, CancellationToken.None).ConfigureAwait(false);
            return false;
        }
    }

    private async Task RenameAsync(Action<double> progress, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _files.Count; i++)
        {
            MovedFile file = _files[i];
            double share = (double)(i + 1) / _files.Count;
            await SharingViolation.RetryAsync(
                () => workers.RunAsync(
                    () =>
                    {
                        GuardedFile.Move(from.Destination, file.From, to.Destination, file.To, file.Seen);
                        progress(share);
                    },
                    cancellationToken),
                () => Waits(file.From), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CopyAsync(long keepFree, Action<double> progress, CancellationToken cancellationToken)
    {
        long total = _files.Sum(file => file.Seen.Length);
        long copied = 0;
        await workers.RunAsync(() => CheckRoom(keepFree), cancellationToken).ConfigureAwait(false);
        foreach (MovedFile file in _files)
        {
            FileCopier? begun = null;
            await SharingViolation.RetryAsync(
                () => workers.RunAsync(
                    () =>
                    {
                        TryDelete(to.Destination, file.Copy);
                        begun = FileCopier.Begin(file.From, file.Copy, from.Destination, to.Destination);
                    },
                    cancellationToken),
                () => Waits(file.From), cancellationToken).ConfigureAwait(false);
            using FileCopier copier = begun!;
            if (copier.Source is { } source && !source.IsStill(file.Seen))
                throw new IOException($"'{file.From}' is no longer the file that was checked.");
            while (await workers.RunAsync(copier.Step, cancellationToken).ConfigureAwait(false) is > 0 and var step)
            {
                copied += step;
                progress((double)copied / Math.Max(1, total));
            }

            await workers.RunAsync(copier.Finish, cancellationToken).ConfigureAwait(false);
        }

        // From here on it cannot be cancelled: it is done in a moment.
        await workers.RunAsync(() =>
        {
            foreach (MovedFile file in _files)
                SharingViolation.Retry(() => GuardedFile.Move(to.Destination, file.Copy, to.Destination, file.To));
            foreach (MovedFile file in _files)
            {
                if (!TryDelete(from.Destination, file.From, file.Seen))
                    _leftBehind.Add(file.From);
            }
        }, CancellationToken.None).ConfigureAwait(false);
    }

    private void CheckRoom(long keepFree)
    {
        long available = FreeSpaceWatch.Available(to.Destination);
        long needed = 0;
        foreach (MovedFile file in _files)
        {
            using SafeFileHandle handle = GuardedFile.Open(from.Destination, file.From, FileMode.Open, FileAccess.Read);
            needed += SparseFile.AllocatedBytes(handle, file.Seen.Length);
        }

        if (needed > available - keepFree)
            throw StorageErrors.NoRoom(to.Destination, needed, available, keepFree);
    }

    private static bool TryDelete(string destination, string path, FileNode? seen = null)
    {
        try
        {
            SharingViolation.Retry(() => GuardedFile.Delete(destination, path, seen));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It affects only our own files.
            return false;
        }
    }

    private void TryDeleteFolder(string path)
    {
        try
        {
            GuardedFile.DeleteFolder(path.Length > to.Destination.Length ? to.Destination : Path.GetDirectoryName(path)!, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Someone has put something there.
        }
    }
}
