using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>The one-time preparation before a torrent is written; see <see cref="TorrentStorage.Prepare"/>.</summary>
/// <param name="layout">The layout of the files.</param>
/// <param name="stamps">The stamps of the files on disk.</param>
/// <param name="isApart">Returns whether a file's bytes are in the parts file, and still have to be written to it.</param>
internal sealed class StoragePreparation(FileLayout layout, IReadOnlyList<FileStamp?> stamps, Func<int, bool> isApart)
{
    private readonly Stack<string> _madeFolders = new();
    private readonly List<string> _madeFiles = [];

    /// <summary>Prepares the files, or leaves nothing behind.</summary>
    /// <param name="verified">The verified pieces; null if nothing is known.</param>
    /// <param name="priorities">Priority of each file; empty means all normal.</param>
    /// <param name="keepFree">Bytes that must stay free on the volume.</param>
    public void Run(Bitfield? verified, IReadOnlyList<FilePriority> priorities, long keepFree)
    {
        List<int> wanted = [.. Enumerable.Range(0, layout.Files.Count).Where(index => layout.Files[index].IsStored
            && (priorities.Count == 0 || priorities[index] != FilePriority.Skip))];
        long missing = wanted.Sum(index => MissingBytes(index, verified));
        List<StorageFile> emptyFiles = [.. wanted.Where(index => layout.Files[index].Length == 0 && stamps[index] is null)
            .Select(index => layout.Files[index])];

        // A complete torrent may be seeded from a read-only place.
        if (missing == 0 && emptyFiles.Count == 0)
            return;

        try
        {
            if (DestinationPath.Refuse(layout.Destination) is { } refusal)
                throw new StorageException(refusal);
            CheckPaths(wanted);
            if (GuardedFile.Look(layout.RootPath) is { Kind: FileKind.Link })
                throw StorageErrors.Link(layout.RootPath);
            MakeFolder(layout.Destination);
            TryWriting(Directory.Exists(layout.RootPath) ? layout.RootPath : layout.Destination);
            CheckRoom(missing, wanted, keepFree);
            foreach (StorageFile file in emptyFiles)
                MakeEmpty(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TakeBack();
            throw StorageErrors.Write(e, layout.Destination);
        }
    }

    /// <summary>Reports unsupported paths before the first byte.</summary>
    private void CheckPaths(List<int> wanted)
    {
        foreach (int index in wanted)
        {
            if (DiskFile.IsTooLong(layout.Files[index].FullPath))
                throw StorageErrors.TooLong(layout.Files[index].FullPath);
        }
    }

    /// <summary>Checks whether a folder can be written or created, before its contents are known.</summary>
    /// <param name="destination">Absolute path of the folder.</param>
    /// <exception cref="StorageException">It cannot.</exception>
    public static void CheckDestination(string destination)
    {
        if (DestinationPath.Refuse(destination) is { } refusal)
            throw new StorageException(refusal);
        string? at = destination;
        while (at is not null && !Directory.Exists(at))
        {
            if (File.Exists(at))
                throw StorageErrors.NotWritable($"'{at}' is a file, not a folder.", null);
            at = Path.GetDirectoryName(at);
        }

        if (at is not null)
            TryWriting(at);
    }

    private static void TryWriting(string folder)
    {
        string probe = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            GuardedFile.Open(folder, probe, FileMode.CreateNew, FileAccess.Write).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            StorageException failure = StorageErrors.Write(e, folder);
            throw failure.Error.Id == TorrentErrorId.DiskWriteFailed
                ? StorageErrors.NotWritable($"'{folder}' cannot be written: {e.Message}", e)
                : failure;
        }

        try
        {
            GuardedFile.Delete(folder, probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // If files can be created but not deleted, a torrent can still be written.
        }
    }

    private long MissingBytes(int index, Bitfield? verified)
    {
        StorageFile file = layout.Files[index];
        if (isApart(index))
            return file.Length;
        if (verified is null)
            return Math.Max(0, file.Length - (stamps[index]?.Length ?? 0));

        return file.Length - layout.BytesIn(index, verified);
    }

    private void CheckRoom(long missing, List<int> wanted, long keepFree)
    {
        long available = FreeSpaceWatch.Available(layout.Destination);
        if (missing <= available - keepFree)
            return;

        // Bytes that already have space on the disk, good or not, need no more: examined only if it matters.
        long needed = wanted.Sum(index => Math.Max(0, layout.Files[index].Length - AllocatedBytes(index)));
        needed = Math.Min(needed, missing);
        if (needed > available - keepFree)
            throw StorageErrors.NoRoom(layout.Destination, needed, available, keepFree);
    }

    private long AllocatedBytes(int index)
    {
        StorageFile file = layout.Files[index];
        if (stamps[index] is not { } stamp)
            return 0;
        try
        {
            using SafeFileHandle handle = GuardedFile.Open(layout.Destination, file.FullPath, FileMode.Open, FileAccess.Read);
            return SparseFile.AllocatedBytes(handle, Math.Min(stamp.Length, file.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private void MakeEmpty(StorageFile file)
    {
        MakeFolder(Path.GetDirectoryName(file.FullPath)!);
        GuardedFile.Open(layout.Destination, file.FullPath, FileMode.CreateNew, FileAccess.Write).Dispose();
        _madeFiles.Add(file.FullPath);
        if (file.HasAttributes)
            TrySetAttributes(file);
    }

    private void TrySetAttributes(StorageFile file)
    {
        try
        {
            AttributeKeeper.Apply(layout.Destination, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty file is not essential.
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
            try
            {
                if (at.Length > layout.Destination.Length)
                    GuardedFile.MakeFolder(layout.Destination, at);
                else
                    GuardedFile.MakeTop(at);
            }
            catch (UnsafeFileException e)
            {
                throw StorageErrors.Unsafe(e.FilePath, e.IsLink);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw StorageErrors.NotWritable($"The folder '{at}' cannot be created: {e.Message}", e);
            }

            _madeFolders.Push(at);
        }
    }

    private void TakeBack()
    {
        try
        {
            foreach (string file in _madeFiles)
                GuardedFile.Delete(layout.Destination, file);
            foreach (string folder in _madeFolders)
                GuardedFile.DeleteFolder(folder.Length > layout.Destination.Length ? layout.Destination : Path.GetDirectoryName(folder)!, folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Someone has put something there meanwhile: it belongs to them. The first failure is the one to report.
        }
    }
}
