using Microsoft.Win32.SafeHandles;
using TorrentPatron.Engine.Client;
using TorrentPatron.Protocol.Wire;

namespace TorrentPatron.Engine.Storage;

/// <summary>
/// Which files of a torrent may be written: decided when it is known which pieces are there, before the first byte is written. Immutable.
/// </summary>
/// <remarks>
/// A file that was there before the torrent is its owner's until some of it proves to be the torrent's: then it is gone on with. A file of
/// zeros is one that another client has made room with. Of one that has the right length, and lies in pieces of which another file is
/// missing, nothing can be told yet: it is compared with what would be written to it, and never changed.
/// </remarks>
internal sealed class WriteRules
{
    private readonly Dictionary<int, TorrentError> _forbidden;
    private readonly HashSet<int> _unproven;

    private WriteRules(Dictionary<int, TorrentError> forbidden, HashSet<int> unproven) => (_forbidden, _unproven) = (forbidden, unproven);

    /// <summary>Everything may be written.</summary>
    public static WriteRules None { get; } = new([], []);

    /// <summary>Decides, and claims what is to be written. Looks at the disk.</summary>
    /// <param name="storage">The files.</param>
    /// <param name="claim">The claim to their paths.</param>
    /// <param name="files">How the files stand.</param>
    /// <exception cref="StorageException">Something must be written that may not be.</exception>
    public static WriteRules Decide(TorrentStorage storage, PathClaim claim, TorrentFiles files)
    {
        var missing = new HashSet<int>();
        for (int file = 0; file < files.Layout.Files.Count; file++)
        {
            if (files.Wants(file) && !IsComplete(files, file))
                missing.Add(file);
        }

        if (claim.Shared.FirstOrDefault(shared => missing.Contains(shared.File)) is { } taken)
            throw StorageErrors.PathInUse(taken, files.Torrent);
        HashSet<int> unproven = [], adopted = [];
        foreach (int file in missing)
        {
            if (files.Origin is { } origin && origin.FilesBefore[file] && !origin.FilesWritten[file])
                (Prove(storage, files, file) ? adopted : unproven).Add(file);
        }

        if (missing.Count > 0)
            claim.Take(files, missing.Contains);
        // Noted before anything is written: a crash must not make a stranger of it.
        foreach (int file in adopted)
            storage.Adopt(file);
        return new WriteRules(claim.Shared.DistinctBy(shared => shared.File)
            .ToDictionary(shared => shared.File, shared => StorageErrors.PathInUse(shared, files.Torrent).Error), unproven);
    }

    /// <summary>Refuses a file that is not to be written.</summary>
    /// <exception cref="StorageException">It is not to be written.</exception>
    public void Require(int file)
    {
        if (_forbidden.Count > 0 && _forbidden.TryGetValue(file, out TorrentError? error))
            throw new StorageException(error);
    }

    /// <summary>Whether a file's bytes are compared with what would be written.</summary>
    public bool IsUnproven(int file) => _unproven.Contains(file);

    private static bool IsComplete(TorrentFiles files, int file) => files.Layout.BytesIn(file, files.Verified) == files.Layout.Files[file].Length;

    /// <returns>Whether a file that was there before may be written; false where nothing can be told of it.</returns>
    private static bool Prove(TorrentStorage storage, TorrentFiles files, int file)
    {
        StorageFile entry = files.Layout.Files[file];
        if (DiskFile.Stamp(entry.FullPath) is not { Length: > 0 } stamp)
            return true;
        if (stamp.Length > entry.Length)
        {
            return BeginsRight(files, file) ? true : throw StorageErrors.Foreign(
                $"'{entry.FullPath}' is there already, is longer than the file of '{files.Name}', and begins differently.");
        }

        if (files.Layout.BytesIn(file, files.Verified) > 0 || HasOnlyZeros(entry.FullPath))
            return true;
        if (stamp.Length == entry.Length && !CanBeChecked(storage, file))
            return false;
        throw StorageErrors.Foreign($"'{entry.FullPath}' is there already, and nothing in it is from '{files.Name}'.");
    }

    private static bool BeginsRight(TorrentFiles files, int file)
    {
        (int first, int count) = files.Layout.PiecesOfFile(file);
        bool isShared = files.Layout.PieceOffset(first) < files.Layout.Files[file].Offset;
        return files.Verified[first] || (isShared && count > 1 && files.Verified[first + 1]);
    }

    private static bool CanBeChecked(TorrentStorage storage, int file)
    {
        Bitfield possible = storage.PossiblePieces(storage.Stamps());
        (int first, int count) = storage.Layout.PiecesOfFile(file);
        return Enumerable.Range(first, count).Any(piece => possible[piece]);
    }

    private static bool HasOnlyZeros(string path)
    {
        const int ChunkBytes = 256 << 10;
        try
        {
            using SafeFileHandle handle = DiskFile.Open(path, FileMode.Open, FileAccess.Read);
            long length = RandomAccess.GetLength(handle);
            byte[] buffer = new byte[ChunkBytes];
            for (long offset = SparseFile.NextData(handle, 0); offset < length;)
            {
                int read = RandomAccess.Read(handle, buffer, offset);
                if (buffer.AsSpan(0, read).ContainsAnyExcept((byte)0))
                    return false;
                if (read == 0)
                    break;
                offset += read;
                if (offset < length)
                    offset = SparseFile.NextData(handle, offset);
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
