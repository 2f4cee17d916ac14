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

    private WriteRules(Dictionary<int, TorrentError> forbidden, HashSet<int> unproven, Bitfield? apart) =>
        (_forbidden, _unproven, Apart) = (forbidden, unproven, apart);

    /// <summary>Everything may be written.</summary>
    public static WriteRules None { get; } = new([], [], apart: null);

    /// <summary>
    /// The files whose bytes are kept apart: they are skipped, and not there, or there but not the torrent's. Null: not decided.
    /// </summary>
    public Bitfield? Apart { get; }

    /// <summary>
    /// Decides, and claims what is to be written. What lies where it may not be written and is not whole is left there. Looks at the disk.
    /// </summary>
    /// <param name="storage">The files, which nobody uses; it gets the rules.</param>
    /// <param name="claim">The claim to their paths.</param>
    /// <param name="priorities">Priority of each file; empty: all normal.</param>
    /// <param name="origin">Where those on disk are from; null if unknown.</param>
    /// <param name="verified">The pieces that are here; those that lie in files which are left are cleared.</param>
    /// <param name="seedOnly">Whether nothing may be written at all.</param>
    /// <exception cref="StorageException">Something must be written that may not be.</exception>
    public static void Apply(
        TorrentStorage storage, PathClaim claim, IReadOnlyList<FilePriority> priorities, DataOrigin? origin, Bitfield verified, bool seedOnly)
    {
        if (!seedOnly)
            storage.LeaveRaw(verified);
        TorrentFiles files = claim.FilesOf(storage.Layout, priorities, origin, verified, storage.Apart);
        HashSet<int> missing =
            [.. Enumerable.Range(0, files.Layout.Files.Count).Where(file => files.Wants(file) && (!HasAll(files, file) || storage.IsApart(file)))];
        storage.Rules = seedOnly ? ReadOnly(files, missing) : Decide(storage, claim, files, missing);
    }

    /// <summary>Requires the files that are to be seeded, as far as their lengths tell.</summary>
    /// <param name="files">How the files stand.</param>
    /// <param name="stamps">The files as they are on disk.</param>
    /// <exception cref="StorageException">One is missing, or too short.</exception>
    public static void RequireData(TorrentFiles files, IReadOnlyList<FileStamp?> stamps)
    {
        for (int file = 0; file < stamps.Count; file++)
        {
            StorageFile entry = files.Layout.Files[file];
            if (!files.Wants(file) || entry.Length == 0)
                continue;
            if (stamps[file] is not { } stamp)
                throw StorageErrors.Incomplete($"'{entry.FullPath}' is not there.");
            if (stamp.Length < entry.Length)
                throw StorageErrors.Incomplete($"'{entry.FullPath}' has {stamp.Length:N0} bytes, but the torrent's file has {entry.Length:N0}.");
        }
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

    private static WriteRules Decide(TorrentStorage storage, PathClaim claim, TorrentFiles files, HashSet<int> missing)
    {
        if (claim.Shared.FirstOrDefault(shared => missing.Contains(shared.File)) is { } taken)
            throw StorageErrors.PathInUse(taken, files.Torrent);
        RefuseUnsafe(files.Layout, missing);
        HashSet<int> unproven = [], adopted = [];
        foreach (int file in missing)
        {
            bool isStranger = storage.IsApart(file)
                ? DiskFile.Stamp(files.Layout.Files[file].FullPath) is not null
                : IsFromBefore(files, file);
            if (isStranger)
                (Prove(storage, files, file) ? adopted : unproven).Add(file);
        }

        if (missing.Count > 0)
            claim.Take(files, missing.Contains);
        // Noted before anything is written: a crash must not make a stranger of it.
        foreach (int file in adopted)
            storage.Adopt(file);
        var forbidden = new Dictionary<int, TorrentError>();
        foreach (SharedFile shared in claim.Shared)
            forbidden[shared.File] = StorageErrors.PathInUse(shared, files.Torrent).Error;
        for (int file = 0; file < files.Layout.Files.Count; file++)
        {
            if (files.Layout.Files[file].IsRaw)
                forbidden[file] = StorageErrors.Raw(files.Layout.Files[file].FullPath).Error;
        }

        return new WriteRules(
            forbidden.Count == 0 ? None._forbidden : forbidden, unproven.Count == 0 ? None._unproven : unproven, DecideApart(storage, files));
    }

    /// <summary>Refuses what would be written through a link, or into a pipe. While the torrent runs it is looked at again.</summary>
    private static void RefuseUnsafe(FileLayout layout, HashSet<int> missing)
    {
        var looked = new HashSet<string>(StringComparer.Ordinal);
        foreach (int file in missing)
        {
            for (string at = layout.Files[file].FullPath; at.Length > layout.Destination.Length && looked.Add(at); at = Path.GetDirectoryName(at)!)
            {
                if (GuardedFile.Look(at) is { Kind: FileKind.Link or FileKind.Pipe or FileKind.Special } found)
                    throw StorageErrors.Unsafe(at, found.Kind == FileKind.Link);
            }
        }
    }

    private static WriteRules ReadOnly(TorrentFiles files, HashSet<int> missing)
    {
        if (missing.Count > 0)
        {
            int bad = files.Layout.PieceCount - files.Verified.Count;
            throw StorageErrors.Incomplete(
                $"{bad:N0} of {files.Layout.PieceCount:N0} pieces of '{files.Name}' are missing or wrong, the first in "
                + $"'{files.Layout.Files[missing.Min()].FullPath}'.");
        }

        return new WriteRules(
            Enumerable.Range(0, files.Layout.Files.Count).ToDictionary(
                file => file, file => StorageErrors.Incomplete($"'{files.Layout.Files[file].FullPath}' is only seeded.").Error),
            [], apart: null);
    }

    private static bool HasAll(TorrentFiles files, int file) => files.Layout.BytesIn(file, files.Verified) == files.Layout.Files[file].Length;

    private static Bitfield DecideApart(TorrentStorage storage, TorrentFiles files)
    {
        var apart = new Bitfield(files.Layout.Files.Count);
        for (int file = 0; file < apart.Length; file++)
        {
            StorageFile entry = files.Layout.Files[file];
            if (entry.IsStored && !files.Wants(file)
                && (storage.IsApart(file)
                    || DiskFile.Stamp(entry.FullPath) is null
                    || (IsFromBefore(files, file) && files.Layout.BytesIn(file, files.Verified) == 0)))
                apart.Set(file);
        }

        return apart;
    }

    private static bool IsFromBefore(TorrentFiles files, int file) =>
        files.Origin is { } origin && origin.FilesBefore[file] && !origin.FilesWritten[file];

    /// <returns>Whether a file that was there before may be written; false where nothing can be told of it.</returns>
    private static bool Prove(TorrentStorage storage, TorrentFiles files, int file)
    {
        StorageFile entry = files.Layout.Files[file];
        if (DiskFile.Stamp(entry.FullPath) is not { Length: > 0 } stamp)
            return true;
        if (storage.IsApart(file))
        {
            // Made for these bytes, just before a crash; or by somebody else, with the same bytes.
            if (HasOnlyZeros(files.Layout, entry) || (stamp.Length == entry.Length && storage.AgreesWithParts(file)))
                return true;
            throw StorageErrors.Foreign($"'{entry.FullPath}' already exists, but does not contain the verified data of the file from '{files.Name}'.");
        }

        if (stamp.Length > entry.Length)
        {
            return BeginsRight(files, file) ? true : throw StorageErrors.Foreign(
                $"'{entry.FullPath}' already exists, is longer than the file from '{files.Name}', and begins differently.");
        }

        if (files.Layout.BytesIn(file, files.Verified) > 0 || HasOnlyZeros(files.Layout, entry))
            return true;
        if (stamp.Length == entry.Length && !CanBeChecked(storage, file))
            return false;
        throw StorageErrors.Foreign($"'{entry.FullPath}' already exists, and nothing in it matches '{files.Name}'.");
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

    private static bool HasOnlyZeros(FileLayout layout, StorageFile file)
    {
        const int ChunkBytes = 256 << 10;
        try
        {
            using SafeFileHandle handle = GuardedFile.Open(layout.Destination, file.FullPath, FileMode.Open, FileAccess.Read);
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
